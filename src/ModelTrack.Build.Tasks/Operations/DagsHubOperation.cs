using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using ModelTrack.Diagnostics;
using ModelTrack.Git;
using ModelTrack.Storage.Remote;
using ModelTrack.Storage.Transports;
using ModelTrack.Storage.Transports.Http;

namespace ModelTrack.Operations;

/// <summary>
/// Makes a DagsHub repository's bucket the remote: finds a token, asks DagsHub whether the repository is there for it, and only then writes the
/// configuration, which names the variable that holds the token and never the token.
/// </summary>
/// <remarks>
/// The bucket, by S3, and not `OWNER/REPO.dvc`: that place is for DVC's layout, and takes objects under DVC's names only. The bucket takes any key and
/// serves ranges. DagsHub's S3 wants the token both as access key and as secret key.
/// </remarks>
public static class DagsHubOperation
{
    private const string RemoteName = "dagshub";
    private const string RemoteElement = "ModelTrackRemote";
    private const string RemoteItem = "TrackedRemote";
    private const int MaxAnswer = 1024 * 1024;

    /// <summary>The first is the one that DagsHub's own client reads.</summary>
    private static readonly string[] s_tokenVariables = ["DAGSHUB_USER_TOKEN", "DAGSHUB_TOKEN"];

    public static Task<OperationResult> RunAsync(RepositoryOptions options, IOperationLog log, CancellationToken cancellationToken) =>
        RunAsync(options, log, Environment.GetEnvironmentVariable, GitCredentials.ForThisProcess(), cancellationToken);

    internal static async Task<OperationResult> RunAsync(
        RepositoryOptions options, IOperationLog log, Func<string, string?> variable, GitCredentials git, CancellationToken cancellationToken)
    {
        var repository = DagsHubRepository.Parse(options.DagsHub, variable(DagsHubRepository.HostVariable));
        var file = Path.Combine(options.Root, InitOperation.ConfigurationFile);
        var before = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false) : null;
        CheckXml(before, file);

        var name = s_tokenVariables.FirstOrDefault(one => !string.IsNullOrWhiteSpace(variable(one)));
        var fromGit = name is null ? await git.FillAsync(new Uri(repository.Url), cancellationToken).ConfigureAwait(false) : null;
        var token = name is null ? fromGit?.Password : variable(name)!.Trim();
        if (token is null) throw DagsHubErrors.NoCredentials(repository.Host, s_tokenVariables[0]);

        try
        {
            await AskAsync(repository, token, name is null ? "Git's credential helper" : $"the environment variable {name}", cancellationToken).ConfigureAwait(false);
        }
        catch (ModelTrackException e) when (fromGit is not null && e.Code == DagsHubErrors.TokenRefusedCode)
        {
            await git.RejectAsync(new Uri(repository.Url), fromGit, cancellationToken).ConfigureAwait(false);
            throw;
        }

        if (fromGit is not null) await git.ApproveAsync(new Uri(repository.Url), fromGit, cancellationToken).ConfigureAwait(false);

        log.Report($"{repository.Url} is there, and the token is good for it");
        await WriteAsync(options, repository, name ?? s_tokenVariables[0], before, file, log, cancellationToken).ConfigureAwait(false);
        if (name is null) log.Report($"builds take the token from the environment variable {s_tokenVariables[0]} first, else from Git's credential helper");
        return OperationResult.Nothing;
    }

    /// <summary>One request: whether the repository is there for this token.</summary>
    private static async Task AskAsync(DagsHubRepository repository, string token, string source, CancellationToken cancellationToken)
    {
        var settings = new RemoteSettings { TokenVariable = "token" };
        using var credentials = new HttpCredentials(repository.Api, settings, _ => token, new GitCredentials(mayPrompt: false));
        using var exchange = new HttpExchange(repository.Host, repository.Api, credentials, new HttpOptions());
        try
        {
            using var answer = await exchange.SendAsync(
                HttpMethod.Get, repository.Api, $"GET {repository.Api.AbsolutePath}", null, request => request.Headers.TryAddWithoutValidation("Accept", "application/json"), cancellationToken).ConfigureAwait(false);
            switch (answer.Status)
            {
                case HttpStatusCode.OK when !answer.WentElsewhere && IsObject(await answer.ReadAllAsync(MaxAnswer, cancellationToken).ConfigureAwait(false)):
                    return;
                case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                    throw DagsHubErrors.TokenRefused(repository.Host, source, ((int)answer.Status).ToString(CultureInfo.InvariantCulture));
                case HttpStatusCode.NotFound:
                    throw DagsHubErrors.NoSuchRepository(repository.Url);
                case HttpStatusCode.OK:
                    throw DagsHubErrors.NotReached(null, repository.Host, "what answered is not DagsHub");
                default:
                    throw DagsHubErrors.NotReached(null, repository.Host, $"it answered {(int)answer.Status}");
            }
        }
        catch (TransportException e)
        {
            throw DagsHubErrors.NotReached(e, repository.Host, e.Message);
        }
    }

    private static bool IsObject(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task WriteAsync(
        RepositoryOptions options, DagsHubRepository repository, string variable, string? before, string file, IOperationLog log, CancellationToken cancellationToken)
    {
        if (before is null) await InitOperation.RunAsync(options with { Remote = RemoteName }, log, cancellationToken).ConfigureAwait(false);
        var text = before ?? await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        var item = new XElement(
            RemoteItem,
            new XAttribute("Include", RemoteName),
            new XAttribute("Url", $"s3://{repository.Name}/modeltrack"),
            new XAttribute("Endpoint", repository.BucketEndpoint),
            new XAttribute("Region", "us-east-1"),
            new XAttribute("ForcePathStyle", "true"),
            new XAttribute("UsernameVariable", variable),
            new XAttribute("TokenVariable", variable));
        var changed = WithRemote(text, item);
        if (changed == text)
        {
            log.Report(before is null ? $"wrote {InitOperation.ConfigurationFile}; commit it" : $"{InitOperation.ConfigurationFile} names that remote already and stays as it is");
            return;
        }

        var old = RemotesOf(text);
        RepositoryFiles.WriteKeepingEncoding(file, changed);
        log.Report($"{InitOperation.ConfigurationFile} now names the remote {RemoteName}, s3://{repository.Name} at {repository.BucketEndpoint}; commit it");
        if (before is not null && old.LastOrDefault(one => one != RemoteName) is { } other) log.Report($"ModelTrackRemote was {other}; what only that remote has: dotnet build -t:ModelTrackPush -p:ModelTrackFromRemote={other}");
        if (options.Remote is { } evaluated && evaluated != RemoteName && !old.Contains(evaluated)) log.Report($"a project sets ModelTrackRemote to {evaluated} itself: take that out, so that {InitOperation.ConfigurationFile} counts");
    }

    /// <summary>The file with the remote in it, as its default; the same text when that is so already.</summary>
    private static string WithRemote(string text, XElement item)
    {
        var items = ProjectXml.Load(text).Descendants().Where(IsOurItem).ToList();
        if (RemotesOf(text) is [RemoteName] && items is [var only] && only.Attributes().Select(a => (a.Name.LocalName, a.Value)).SequenceEqual(item.Attributes().Select(a => (a.Name.LocalName, a.Value)))) return text;

        var lineEnd = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var isDefault = RemotesOf(text) is [RemoteName];
        var rest = ProjectXml.Remove(text, element => ProjectXml.IsPlain(element) && (IsOurItem(element) || (IsRemoteProperty(element) && !isDefault)));
        string[] lines =
        [
            .. isDefault ? (string[])[] : ["  <PropertyGroup>", $"    <{RemoteElement}>{RemoteName}</{RemoteElement}>", "  </PropertyGroup>"],
            "  <ItemGroup>",
            "    <!-- Made by ModelTrackSetupDagsHub. DagsHub takes the token as access key and as secret key. -->",
            $"    {item.ToString(SaveOptions.DisableFormatting)}",
            "  </ItemGroup>",
            "",
        ];
        var added = string.Join(lineEnd, lines);
        var end = rest.LastIndexOf("</Project", StringComparison.Ordinal);

        // A project that is nothing but its own tag.
        return end < 0
            ? $"<Project>{lineEnd}{added}</Project>{lineEnd}"
            : rest[..end] + (end == 0 || rest[end - 1] == '\n' ? "" : lineEnd) + added + rest[end..];
    }

    private static List<string> RemotesOf(string text) => [.. ProjectXml.Load(text).Descendants().Where(IsRemoteProperty).Select(element => element.Value.Trim())];

    private static bool IsOurItem(XElement element) =>
        element.Name.LocalName == RemoteItem && string.Equals((string?)element.Attribute("Include"), RemoteName, StringComparison.OrdinalIgnoreCase);

    private static bool IsRemoteProperty(XElement element) => element.Name.LocalName == RemoteElement && element.Parent?.Name.LocalName == "PropertyGroup";

    private static void CheckXml(string? text, string file)
    {
        try
        {
            if (text is not null) ProjectXml.Load(text);
        }
        catch (XmlException e)
        {
            throw DagsHubErrors.ConfigurationUnreadable(e, file).At(file, e.LineNumber, e.LinePosition);
        }
    }
}
