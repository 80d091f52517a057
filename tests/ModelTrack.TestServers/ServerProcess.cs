using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace ModelTrack.TestServers;

/// <summary>A server that is a program of its own: started with a folder for its files, ended and removed with this object.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string? _folder;
    private readonly StringBuilder _output = new();

    private ServerProcess(Process process, string? folder)
    {
        _process = process;
        _folder = folder;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <param name="keep">Whether the folder outlives the process.</param>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, string folder, bool keep = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        return new ServerProcess(Process.Start(start)!, keep ? null : folder);
    }

    /// <summary>Waits until it listens on a port; false when it ended instead.</summary>
    public async Task<bool> ListensAsync(int port)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (_process.HasExited) return false;
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }

        return false;
    }

    /// <summary>Waits until its output has a match; null when it ended instead.</summary>
    public async Task<string?> SaysAsync(Func<string, string?> find)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (find(Output) is { } found) return found;
            if (_process.HasExited) return null;
            await Task.Delay(100);
        }

        return null;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It had ended.
        }

        _process.Dispose();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private void Add(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
