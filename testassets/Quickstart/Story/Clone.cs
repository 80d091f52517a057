using System.Security.Cryptography;
using System.Text.Json;

namespace ModelTrack.Quickstart.Story;

/// <summary>A clone of the home assistant's repository on one machine, and what one does and looks at there.</summary>
internal sealed class Clone(Stage stage, Narrator tell, string machine)
{
    /// <summary>What every build says.</summary>
    private static readonly string[] s_chatter = ["Determining projects", "Restored ", "All projects are", "HomeAssistant -> ", "Build succeeded", "0 Warning(s)", "0 Error(s)", "Time Elapsed"];

    public string Folder { get; } = Path.Combine(machine, "home-assistant");

    public string Store { get; } = Path.Combine(machine, "store");

    public string Sentences => Path.Combine(Folder, "data", "intents.csv");

    private string Model => Path.Combine(Folder, "models", "intents.bin");

    private string ModelInOutput => Path.Combine(Folder, "bin", "Debug", "net10.0", "models", "intents.bin");

    private string Pointer => Model + ".track";

    public long PointerSize => new FileInfo(Pointer).Length;

    public long ModelSize => new FileInfo(Model).Length;

    /// <summary>`dotnet build` as a person sees it, less what every build says. No warning is as told.</summary>
    public async Task<CommandResult> BuildAsync(params string[] arguments)
    {
        var result = await stage.Commands.RunAsync(Folder, "dotnet", ["build", .. arguments]).ConfigureAwait(false);
        tell.Command(string.Join(' ', ["dotnet", "build", .. arguments]), result.Elapsed);
        var worthTelling = result.Lines.Select(line => line.Trim()).Where(line => line.Length > 0 && !s_chatter.Any(line.StartsWith)).Distinct();
        foreach (var line in worthTelling) tell.Output(line);
        if (!result.Says("0 Warning(s)")) throw new NotAsToldException("a build without warnings", "it has some") { Evidence = result.Lines };
        return result;
    }

    /// <summary>Asks the assistant; what it answers.</summary>
    public async Task<string> AskAsync(string sentence = "")
    {
        string[] arguments = sentence.Length == 0 ? ["run", "--no-build"] : ["run", "--no-build", "--", sentence];
        var result = await stage.Commands.RunAsync(Folder, "dotnet", arguments).ConfigureAwait(false);
        tell.Command(sentence.Length == 0 ? "dotnet run --no-build" : $"dotnet run --no-build -- \"{sentence}\"", result.Elapsed);
        tell.Output(result.Lines[0]);
        return result.Lines[0];
    }

    public async Task<CommandResult> GitAsync(params string[] arguments)
    {
        var result = await stage.Commands.RunAsync(Folder, "git", arguments).ConfigureAwait(false);
        var asTyped = arguments.Where(argument => argument != "--quiet").Select(argument => argument.Contains(' ', StringComparison.Ordinal) ? $"\"{argument}\"" : argument);
        tell.Command($"git {string.Join(' ', asTyped)}", result.Elapsed);
        return result;
    }

    /// <summary>Looks at the model, its pointer and the output by hash; says what was found and returns the hash.</summary>
    public string CheckModel()
    {
        var sha256 = Sha256(Model);
        using var pointer = JsonDocument.Parse(File.ReadAllText(Pointer));
        var named = pointer.RootElement.GetProperty("sha256").GetString();
        NotAsToldException.Unless(named == sha256, $"models/intents.bin to have the SHA-256 that its pointer names, {named}", $"it is {sha256}");
        NotAsToldException.Unless(
            Sha256(ModelInOutput) == sha256, $"the model in bin to have SHA-256 {sha256} as the one in models has", $"it is {Sha256(ModelInOutput)}");
        tell.Checked($"The model, its copy in bin and its pointer agree: SHA-256 {sha256[..12]}...");
        return sha256;
    }

    private static string Sha256(string file)
    {
        NotAsToldException.Unless(File.Exists(file), $"a file {file}", "there is none");
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
