using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModelTrack.TestServers;

/// <summary>
/// A Git server over HTTPS on loopback: git's own http-backend behind Kestrel, basic authentication, and a certificate that only a child that is told so trusts.
/// </summary>
public sealed class GitHttpServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _root;
    private readonly string _authorization;
    private int _refused;
    private int _letIn;

    private GitHttpServer(WebApplication app, string root, string user, string password)
    {
        _app = app;
        _root = root;
        _authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
    }

    /// <summary>`https://localhost:PORT`, without a slash.</summary>
    public string Url { get; private set; } = "";

    /// <summary>A file for GIT_SSL_CAINFO.</summary>
    public required string CertificateFile { get; init; }

    public int Refused => _refused;

    public int LetIn => _letIn;

    /// <param name="root">The folder whose repositories are served.</param>
    public static async Task<GitHttpServer> StartAsync(string root, string user, string password)
    {
        var certificate = TestCertificate.New();
        var certificateFile = Path.Combine(root, "server.pem");
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem()).ConfigureAwait(false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var server = new GitHttpServer(app, root, user, password) { CertificateFile = certificateFile };
        app.Run(server.ServeAsync);
        await app.StartAsync().ConfigureAwait(false);
        server.Url = $"https://localhost:{new Uri(app.Urls.Single()).Port}";
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != _authorization)
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"test\"";
            return;
        }

        Interlocked.Increment(ref _letIn);
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["GIT_PROJECT_ROOT"] = _root;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["GIT_CONFIG_COUNT"] = "1";
        start.Environment["GIT_CONFIG_KEY_0"] = "safe.directory";
        start.Environment["GIT_CONFIG_VALUE_0"] = "*";
        start.Environment["REQUEST_METHOD"] = context.Request.Method;
        start.Environment["PATH_INFO"] = context.Request.Path;
        start.Environment["QUERY_STRING"] = context.Request.QueryString.Value?.TrimStart('?') ?? "";
        start.Environment["CONTENT_TYPE"] = context.Request.ContentType ?? "";
        start.Environment["GIT_PROTOCOL"] = context.Request.Headers["Git-Protocol"].ToString();
        start.Environment["HTTP_CONTENT_ENCODING"] = context.Request.Headers.ContentEncoding.ToString();
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        start.Environment["CONTENT_LENGTH"] = body.Length.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output, context.RequestAborted);
        await process.StandardInput.BaseStream.WriteAsync(body.ToArray(), context.RequestAborted).ConfigureAwait(false);
        process.StandardInput.Close();
        await reading.ConfigureAwait(false);
        await process.WaitForExitAsync(context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, output.ToArray()).ConfigureAwait(false);
    }

    /// <summary>A CGI program's answer: header lines, an empty one, the body.</summary>
    private static async Task AnswerAsync(HttpContext context, byte[] answer)
    {
        var end = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (var line in Encoding.ASCII.GetString(answer, 0, end).Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name == "Status") context.Response.StatusCode = int.Parse(value[..3], CultureInfo.InvariantCulture);
            else context.Response.Headers[name] = value;
        }

        await context.Response.Body.WriteAsync(answer.AsMemory(end + 4), context.RequestAborted).ConfigureAwait(false);
    }
}
