using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModelTrack.TestServers;

/// <summary>OpenSSH's sshd on loopback with a host key, a user key and a configuration of its own: a Git server over SSH for the user who runs the tests.</summary>
public sealed class GitSshServer : IAsyncDisposable
{
    private readonly Process _process;

    private GitSshServer(Process process) => _process = process;

    public required int Port { get; init; }

    /// <summary>An ssh command that knows this server and has the key that it lets in.</summary>
    public required string Command { get; init; }

    /// <summary>The same with a key that it does not let in.</summary>
    public required string StrangersCommand { get; init; }

    /// <summary>The address of a repository by its full path.</summary>
    public string UrlOf(string path) => $"ssh://{Environment.UserName}@127.0.0.1:{Port}{path}";

    /// <param name="folder">For keys and configuration; nobody else may write there.</param>
    public static async Task<GitSshServer> StartAsync(string folder)
    {
        foreach (var key in (string[])["host", "user", "stranger"]) await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, key)).ConfigureAwait(false);
        File.Copy(Path.Combine(folder, "user.pub"), Path.Combine(folder, "authorized_keys"));
        for (var attempt = 1; ; attempt++)
        {
            var port = LoopbackPort.Free();
            var configuration = Path.Combine(folder, "sshd_config");
            await File.WriteAllTextAsync(configuration, $"""
                Port {port}
                ListenAddress 127.0.0.1
                HostKey {folder}/host
                AuthorizedKeysFile {folder}/authorized_keys
                PidFile {folder}/pid
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password
                LogLevel QUIET

                """).ConfigureAwait(false);
            await File.WriteAllTextAsync(
                Path.Combine(folder, "known_hosts"), $"[127.0.0.1]:{port} {await File.ReadAllTextAsync(Path.Combine(folder, "host.pub")).ConfigureAwait(false)}").ConfigureAwait(false);
            // sshd starts itself anew for each connection, so it has to know its full path; that needs its folder for separated privileges too.
            if (Environment.UserName == "root") Directory.CreateDirectory("/run/sshd");
            var process = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", configuration]) { RedirectStandardError = true })!;
            process.BeginErrorReadLine();
            if (await AnswersAsync(process, port).ConfigureAwait(false))
            {
                string Command(string key) => $"ssh -F /dev/null -i {folder}/{key} -oIdentitiesOnly=yes -oUserKnownHostsFile={folder}/known_hosts";
                return new GitSshServer(process) { Port = port, Command = Command("user"), StrangersCommand = Command("stranger") };
            }

            process.Dispose();
            if (attempt == 5) throw new InvalidOperationException("sshd did not start.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private static async Task<bool> AnswersAsync(Process process, int port)
    {
        for (var attempt = 0; attempt < 200 && !process.HasExited; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port).ConfigureAwait(false);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(50).ConfigureAwait(false);
            }
        }

        if (!process.HasExited) process.Kill();
        return false;
    }

    private static async Task RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{file} ended with {process.ExitCode}."));
    }
}
