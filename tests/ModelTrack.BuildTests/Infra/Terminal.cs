namespace ModelTrack.BuildTests.Infra;

/// <summary>A shell in which one command follows another: folder and variables stay from each to the next.</summary>
public sealed class Terminal(string folder, IReadOnlyDictionary<string, string?> environment, string state)
{
    private const string Script = """
        set -a; cd "$1" || exit 99
        eval "$2"
        code=$?; pwd > "$3.folder"; env -0 > "$3.variables"; exit $code
        """;

    private readonly Dictionary<string, string?> _environment = new(environment);

    public string Folder { get; set; } = folder;

    public string? this[string variable]
    {
        get => _environment.GetValueOrDefault(variable);
        set => _environment[variable] = value;
    }

    public CommandResult Type(string command)
    {
        var result = Command.Run("bash", ["-c", Script, "bash", Folder, command, state], Folder, _environment);
        Folder = File.ReadAllText(state + ".folder").Trim();
        foreach (var variable in File.ReadAllText(state + ".variables").Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (variable[..equals] is not ("code" or "_" or "SHLVL" or "PWD" or "OLDPWD")) _environment[variable[..equals]] = variable[(equals + 1)..];
        }

        return result with { Command = command };
    }
}
