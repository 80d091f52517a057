using Microsoft.Build.Logging.StructuredLogger;

namespace ModelTrack.BuildTests.Infra;

/// <summary>A process that ran to its end.</summary>
/// <param name="Text">Standard output and standard error, as they came.</param>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Text, string? BinlogPath)
{
    private Build? _build;

    /// <summary>The build's log as a tree.</summary>
    public Build Build => _build ??= BinaryLog.ReadBuild(BinlogPath ?? throw new InvalidOperationException("This command writes no binlog."));

    public IReadOnlyList<Error> Errors => Build.FindChildrenRecursive<Error>();

    public IReadOnlyList<Warning> Warnings => Build.FindChildrenRecursive<Warning>();

    /// <summary>Codes of all errors, in order, each once.</summary>
    public string ErrorCodes => string.Join(' ', Errors.Select(e => e.Code).Distinct());

    public string WarningCodes => string.Join(' ', Warnings.Select(w => w.Code).Distinct());

    /// <summary>The targets that ran, by name.</summary>
    public IReadOnlyList<Target> Targets(string name) => Build.FindChildrenRecursive<Target>(t => t.Name == name && t.StartTime != t.EndTime);

    public IReadOnlyList<Microsoft.Build.Logging.StructuredLogger.Task> Tasks(string name) =>
        Build.FindChildrenRecursive<Microsoft.Build.Logging.StructuredLogger.Task>(t => t.Name == name);

    /// <summary>Messages of the log that contain the text.</summary>
    public IReadOnlyList<Message> Messages(string text) => Build.FindChildrenRecursive<Message>(m => m.Text?.Contains(text, StringComparison.Ordinal) == true);

    public CommandResult Succeeds()
    {
        Assert.AreEqual(0, ExitCode, $"{Command}\n{Text}");
        return this;
    }

    /// <summary>Fails with exactly these codes.</summary>
    public CommandResult FailsWith(params string[] codes)
    {
        Assert.AreNotEqual(0, ExitCode, $"{Command}\n{Text}");
        Assert.AreEqual(string.Join(' ', codes), ErrorCodes, Text);
        return this;
    }

    public CommandResult Says(string text)
    {
        StringAssert.Contains(Text, text, StringComparison.Ordinal);
        return this;
    }

    public CommandResult DoesNotSay(string text)
    {
        Assert.IsFalse(Text.Contains(text, StringComparison.Ordinal), $"'{text}' in\n{Text}");
        return this;
    }
}
