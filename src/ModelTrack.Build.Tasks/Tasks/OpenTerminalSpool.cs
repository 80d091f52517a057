using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace ModelTrack.Tasks;

/// <summary>Makes the file of <see cref="TerminalSpool"/>. Run by targets/Terminal/dirs.proj, once per build.</summary>
[MSBuildMultiThreadableTask]
public sealed class OpenTerminalSpool : Microsoft.Build.Utilities.Task
{
    /// <summary>The file that takes lines for a person; none where no person would see them.</summary>
    [Output]
    public ITaskItem[] Spool { get; private set; } = [];

    public override bool Execute()
    {
        if (TerminalSpool.Open(BuildEngine4) is { } file) Spool = [new TaskItem(file)];
        return true;
    }
}
