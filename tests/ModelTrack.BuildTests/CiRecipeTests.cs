using ModelTrack.BuildTests.Infra;

namespace ModelTrack.BuildTests;

/// <summary>
/// The recipes of docs/ci, on a real repository with a bare origin and a folder as remote. A job runs in a fresh clone of one commit, with a home of its own
/// and the variables that the CI system sets; the store that its cache keeps is moved from job to job.
/// </summary>
[TestClass]
public sealed class CiRecipeTests : BuildTest
{
    private const string More = "weather,shall I take an umbrella\ntimer,set a timer for ten minutes\n";
    private int _jobs;

    [TestMethod]
    public void GitHub_restores_once_builds_pull_requests_locked_trains_on_merge_and_promotes()
    {
        var first = Begin();
        var build = GitHub("github/build.yml", "build");

        // Cold, then warm: without the remote nothing can be fetched.
        var cold = Clone("main");
        Run(cold, build, GitHubJob(cold)).Succeeds().Says("fetched from");
        Assert.AreEqual(first, Built(cold));
        Directory.Move(Folder["team/models"], Folder["team/away"]);
        var warm = Clone("main", store: cold);
        Run(warm, build, GitHubJob(warm)).Succeeds().Says("restored models/intents.bin").DoesNotSay("fetched");
        Assert.AreEqual(first, Built(warm));

        // A fork has no secrets, and here no remote.
        var fork = Clone("main");
        var fromFork = GitHub("github/build.yml", "build", isFork: true);
        Run(fork, fromFork, GitHubJob(fork)).Succeeds().DoesNotSay("restored");
        Assert.IsFalse(Folder.Exists($"{fork}/models/intents.bin"));
        Directory.Move(Folder["team/away"], Folder["team/models"]);

        // Whoever commits a model beside its pointer is told.
        Folder.Git("dev", "switch", "-qc", "slip");
        Folder.Write("dev/models/intents.bin", "another model");
        Folder.Git("dev", "add", "-f", "models/intents.bin");
        Folder.Git("dev", "commit", "-qm", "A model without its pointer");
        Folder.Git("dev", "push", "-q", "origin", "slip");
        Folder.Git("dev", "switch", "-q", "main");
        var slip = Clone("slip", store: cold);
        var refused = Run(slip, build, GitHubJob(slip));
        Assert.AreNotEqual(0, refused.ExitCode, refused.Text);
        refused.Says("error MT5507");

        Merge();
        var train = Clone("main", store: cold);
        Run(train, GitHub("github/train.yml", "train"), GitHubJob(train)).Succeeds().Says("trained on 14 sentences");
        var second = Trained(first, "model-7");

        // The gate holds back the first model, and lets the second one through; prod then has main's bytes.
        Folder.Git("dev", "push", "-q", "origin", "HEAD~1:refs/heads/prod");
        var old = Clone("prod");
        Run(old, GitHub("github/promote.yml", "promote"), GitHubJob(old)).Says("error MT5921");
        Folder.Git("dev", "pull", "-q", "origin", "main");
        Folder.Git("dev", "push", "-q", "origin", "HEAD:refs/heads/prod");
        var promoted = Clone("prod");
        Run(promoted, GitHub("github/promote.yml", "promote"), GitHubJob(promoted)).Succeeds().DoesNotSay("trained");
        Assert.AreEqual(second, Folder.Sha256($"{promoted}/published/models/intents.bin"));
    }

    [TestMethod]
    public void GitLab_builds_merge_requests_and_forks_and_trains_on_merge()
    {
        var first = Begin();
        var cold = Clone("main", detached: true);
        Run(cold, CiRecipe.GitLab("gitlab-ci.yml", "build"), GitLabJob(cold, "1")).Succeeds().Says("fetched from");
        Assert.AreEqual(first, Built(cold));
        var fork = Clone("main", detached: true);
        Run(fork, CiRecipe.GitLab("gitlab-ci.yml", "build"), GitLabJob(fork, "2")).Succeeds().DoesNotSay("restored");

        Merge();
        var train = Clone("main", detached: true);
        Directory.Move(Folder[$"{cold}/.modeltrack-store"], Folder[$"{train}/.modeltrack-store"]);
        Run(train, CiRecipe.GitLab("gitlab-ci.yml", "train"), GitLabJob(train, "1")).Succeeds().DoesNotSay("fetched from");
        Trained(first, "model-7");
    }

    [TestMethod]
    public void Azure_builds_pull_requests_and_forks_and_trains_on_merge()
    {
        var first = Begin();
        var fork = Clone("main", detached: true);
        Run(fork, CiRecipe.Azure("azure-pipelines.yml", "Build"), AzureJob(fork, isFork: true)).Succeeds().DoesNotSay("restored");

        Merge();
        var train = Clone("main", detached: true);
        Run(train, CiRecipe.Azure("azure-pipelines.yml", "Build", "Train"), AzureJob(train, isFork: false)).Succeeds().Says("fetched from").Says("trained on 14 sentences");
        Trained(first, "model-7");
    }

    [TestMethod]
    public void The_image_is_built_from_pointers_without_Git_and_published_in_a_later_stage()
    {
        var first = Begin();
        var clone = Clone("main");
        File.Copy(CiRecipe.PathOf("Dockerfile"), Folder[$"{clone}/Dockerfile"]);
        // COPY, with .dockerignore: no .git.
        Directory.Delete(Folder[$"{clone}/.git"], recursive: true);
        var recipe = CiRecipe.Docker("Dockerfile");
        Assert.HasCount(2, recipe.Scripts);
        var here = recipe with
        {
            Scripts = [.. recipe.Scripts.Select(s => s.Replace("/var/modeltrack", Folder["mount"], StringComparison.Ordinal).Replace("/app", Folder["image"], StringComparison.Ordinal))],
        };

        Run(clone, here with { Scripts = [here.Scripts[0]] }, Job(clone)).Succeeds().Says("fetched from");
        // The next stage has neither the store nor credentials.
        Directory.Delete(Folder["mount"], recursive: true);
        Run(clone, here with { Scripts = [here.Scripts[1]] }, Job(clone)).Succeeds();

        Assert.AreEqual(first, Folder.Sha256("image/models/intents.bin"));
        Command.Run("dotnet", ["Assistant.dll", "dim", "the", "light"], Folder["image"], Job(clone)).Succeeds().Says("dim the light: light");
    }

    /// <summary>A repository with a first model, pushed; its SHA-256.</summary>
    private string Begin()
    {
        var from = Path.Combine(Scratch.RepositoryRoot, "testassets", "Assistant");
        foreach (var file in (string[])["Assistant.csproj", "Program.cs", "data/intents.csv"])
        {
            Folder.Write($"dev/{file}", File.ReadAllText(Path.Combine(from, file)));
        }

        Directory.CreateDirectory(Folder["team/models"]);
        Folder.Write("dev/.gitignore", "bin/\nobj/\n.modeltrack-store/\npublished/\n");
        Folder.Write("dev/ModelTrack.props", $"<Project><PropertyGroup><ModelTrackRemote>{Folder["team/models"]}</ModelTrackRemote></PropertyGroup></Project>");
        Folder.Git("dev", "init", "-q");
        Folder.Dotnet("dev", "build", "-p:ModelTrackPushOnBuild=true").Succeeds();
        Folder.Git("dev", "add", "-A");
        Folder.Git("dev", "commit", "-qm", "The first model");
        Folder.Git("", "clone", "-q", "--bare", "dev", "origin.git");
        Folder.Git("dev", "remote", "add", "origin", Folder["origin.git"]);
        return Folder.Sha256("dev/models/intents.bin");
    }

    /// <summary>New sentences come to main.</summary>
    private void Merge()
    {
        File.AppendAllText(Folder["dev/data/intents.csv"], More);
        Folder.Git("dev", "commit", "-qam", "Timers");
        Folder.Git("dev", "push", "-q", "origin", "main");
    }

    /// <summary>What actions/checkout and its like do: a shallow clone of one commit, in a home that has the cached store.</summary>
    private string Clone(string branch, bool detached = false, string? store = null)
    {
        var clone = $"job{++_jobs}/work";
        Folder.Git($"job{_jobs}", "clone", "-q", "--depth=1", "-b", branch, $"file://{Folder["origin.git"]}", "work");
        if (detached) Folder.Git(clone, "checkout", "-q", "--detach");
        if (store is not null) BuildFolder.Copy(Store(store), Store(clone));
        return clone;
    }

    private string Store(string clone) => Path.Combine(Home(clone), ".local", "share", "ModelTrack", "store");

    private string Home(string clone) => Path.Combine(Path.GetDirectoryName(Folder[clone])!, "home");

    private Dictionary<string, string?> Job(string clone)
    {
        var environment = Scratch.Environment(Folder.Path);
        environment["XDG_DATA_HOME"] = null;
        environment["HOME"] = Home(clone);
        environment["UseSharedCompilation"] = "true";
        environment["SharedCompilationId"] = Scratch.FastCompilation[1].Split('=')[1];
        Directory.CreateDirectory(Home(clone));
        return environment;
    }

    private Dictionary<string, string?> GitHubJob(string clone) =>
        new(Job(clone)) { ["CI"] = "true", ["GITHUB_ACTIONS"] = "true", ["GITHUB_REF"] = "refs/heads/main", ["GITHUB_RUN_NUMBER"] = "7" };

    private Dictionary<string, string?> GitLabJob(string clone, string sourceProject) => new(Job(clone))
    {
        ["CI"] = "true",
        ["GITLAB_CI"] = "true",
        ["CI_PROJECT_DIR"] = Folder[clone],
        ["CI_MERGE_REQUEST_PROJECT_ID"] = "1",
        ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = sourceProject,
        ["CI_COMMIT_BRANCH"] = "main",
        ["CI_PIPELINE_IID"] = "7",
        ["GITLAB_USER_NAME"] = "Ada",
        ["GITLAB_USER_EMAIL"] = "ada@example.com",
    };

    private Dictionary<string, string?> AzureJob(string clone, bool isFork) => new(Job(clone))
    {
        ["TF_BUILD"] = "True",
        ["SYSTEM_PULLREQUEST_ISFORK"] = isFork ? "True" : "False",
        ["BUILD_SOURCEBRANCH"] = "refs/heads/main",
        ["BUILD_BUILDID"] = "7",
        ["BUILD_REQUESTEDFOR"] = "Ada",
        ["BUILD_REQUESTEDFOREMAIL"] = "ada@example.com",
        ["Pipeline.Workspace"] = Home(clone),
    };

    private static CiRecipe GitHub(string file, string job, bool isFork = false) => CiRecipe.GitHub(file, job, new()
    {
        ["secrets.MODELS_READ_KEY"] = isFork ? "" : "key",
        ["secrets.MODELS_READ_SECRET"] = isFork ? "" : "secret",
        ["secrets.MODELS_WRITE_KEY"] = "key",
        ["secrets.MODELS_WRITE_SECRET"] = "secret",
        ["github.event.pull_request.head.repo.fork != true"] = isFork ? "false" : "true",
        ["github.event_name == 'push'"] = "true",
    });

    /// <summary>Runs the recipe's scripts one after the other, until one fails; all that they say.</summary>
    private CommandResult Run(string clone, CiRecipe recipe, Dictionary<string, string?> job)
    {
        foreach (var (name, value) in recipe.Variables) job[name] = Expand(value, job);
        var text = "";
        foreach (var script in recipe.Scripts)
        {
            var result = Command.Run("bash", ["-c", script], Folder[clone], job);
            text += result.Text;
            if (result.ExitCode != 0 || script == recipe.Scripts[^1]) return result with { Text = text };
        }

        throw new AssertFailedException("The recipe has no script.");
    }

    /// <summary>`$NAME` of GitLab's variables and `$(NAME)` of Azure's.</summary>
    private static string Expand(string value, Dictionary<string, string?> job)
    {
        foreach (var (name, known) in job.OrderByDescending(v => v.Key.Length))
        {
            value = value.Replace($"$({name})", known, StringComparison.Ordinal).Replace($"${name}", known, StringComparison.Ordinal);
        }

        return value;
    }

    private string Built(string clone)
    {
        var model = Folder.Sha256($"{clone}/models/intents.bin");
        Assert.AreEqual(model, Folder.Sha256($"{clone}/bin/Debug/net10.0/models/intents.bin"));
        return model;
    }

    /// <summary>Origin's main is a new commit, tagged, whose model a machine without anything gets from the remote.</summary>
    private string Trained(string before, string tag)
    {
        Assert.AreEqual(Folder.Git("origin.git", "rev-parse", "main").Output, Folder.Git("origin.git", "rev-parse", $"{tag}^{{commit}}").Output);
        StringAssert.Contains(Folder.Git("origin.git", "log", "-1", "--format=%s", "main").Output, "[skip ci]");
        var clone = Clone("main");
        Command.Run("dotnet", ["build", "-t:ModelTrackRestore"], Folder[clone], Job(clone)).Succeeds().Says("fetched from");
        var model = Folder.Sha256($"{clone}/models/intents.bin");
        Assert.AreNotEqual(before, model);
        StringAssert.Contains(Folder.Git("origin.git", "show", "main:models/intents.bin.track").Output, model);
        return model;
    }
}
