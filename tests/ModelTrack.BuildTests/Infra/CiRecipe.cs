using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace ModelTrack.BuildTests.Infra;

/// <summary>
/// The steps of a recipe in docs/ci that a shell runs, and the variables that the recipe sets. What a CI system does itself (checkout, the .NET SDK,
/// the cache) is for the test to play; an expression that the test gives no value for is an error.
/// </summary>
public sealed partial record CiRecipe(Dictionary<string, string> Variables, IReadOnlyList<string> Scripts)
{
    /// <param name="expressions">Values of `${{ … }}`, and of conditions of steps.</param>
    public static CiRecipe GitHub(string file, string job, Dictionary<string, string> expressions)
    {
        var yaml = Read(file);
        var variables = Map(yaml["env"]).ToDictionary(v => v.Key, v => Expression().Replace((string)v.Value, m => expressions[m.Groups[1].Value]));
        var scripts = List(Map(Map(yaml["jobs"])[job])["steps"]).Select(Map)
            .Where(step => step.ContainsKey("run") && (!step.TryGetValue("if", out var condition) || expressions[(string)condition] == "true"))
            .Select(step => "set -e\n" + Expression().Replace((string)step["run"], m => expressions[m.Groups[1].Value]));
        return new CiRecipe(variables, [.. scripts]);
    }

    /// <summary>GitLab runs all lines of a job in one shell; each must succeed.</summary>
    public static CiRecipe GitLab(string file, string job)
    {
        var yaml = Read(file);
        return new CiRecipe(
            Map(yaml["variables"]).ToDictionary(v => v.Key, v => (string)v.Value),
            ["set -eo pipefail\n" + string.Join('\n', List(Map(yaml[job])["script"]).Cast<string>())]);
    }

    /// <param name="names">The steps to run, by name: their conditions are Azure's to judge.</param>
    public static CiRecipe Azure(string file, params string[] names)
    {
        var yaml = Read(file);
        var steps = List(yaml["steps"]).Select(Map).Where(step => step.ContainsKey("bash") && names.Contains((string)step["displayName"])).ToList();
        Assert.HasCount(names.Length, steps);
        return new CiRecipe(Map(yaml["variables"]).ToDictionary(v => v.Key, v => (string)v.Value), [.. steps.Select(step => (string)step["bash"])]);
    }

    /// <summary>The RUN lines of a Dockerfile's stages, without their mounts, and what ENV sets.</summary>
    public static CiRecipe Docker(string file)
    {
        var text = Comment().Replace(File.ReadAllText(PathOf(file)), "").Replace("\\\n", " ", StringComparison.Ordinal);
        var lines = text.Split('\n').Select(line => line.Trim()).ToList();
        return new CiRecipe(
            lines.Where(line => line.StartsWith("ENV ", StringComparison.Ordinal)).Select(line => line[4..].Split('=', 2)).ToDictionary(v => v[0], v => v[1]),
            [.. lines.Where(line => line.StartsWith("RUN ", StringComparison.Ordinal)).Select(line => Mount().Replace(line[4..], "").Trim())]);
    }

    public static string PathOf(string file) => Path.Combine(Scratch.RepositoryRoot, "docs", "ci", file);

    private static Dictionary<string, object> Read(string file) => new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(PathOf(file)));

    private static Dictionary<string, object> Map(object value) => ((Dictionary<object, object>)value).ToDictionary(pair => (string)pair.Key, pair => pair.Value);

    private static List<object> List(object value) => (List<object>)value;

    [GeneratedRegex(@"\$\{\{ (.*?) \}\}")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"--mount=\S+")]
    private static partial Regex Mount();
}
