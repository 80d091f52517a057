namespace ModelTrack.TestServers;

/// <summary>A real nginx with its dav module, on loopback, with a configuration and a folder of its own.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port;
    private ServerProcess _process;

    private NginxServer(ServerProcess process, string folder, int port, string url, string root)
    {
        _process = process;
        _folder = folder;
        _port = port;
        Url = url;
        Root = root;
    }

    /// <summary>The remote's address, for reading and writing.</summary>
    public string Url { get; }

    /// <summary>The same content where only GET and HEAD are answered.</summary>
    public string ReadOnlyUrl => Url.Replace("/dav/", "/files/", StringComparison.Ordinal);

    /// <summary>The folder that it serves.</summary>
    public string Root { get; }

    /// <param name="makesFolders">Whether a PUT makes the folders above it; else MKCOL does.</param>
    /// <param name="maxBody">As nginx writes it.</param>
    public static async Task<NginxServer> StartAsync(bool makesFolders = true, string maxBody = "17m")
    {
        for (var tries = 0; ; tries++)
        {
            var folder = Directory.CreateTempSubdirectory("modeltrack-nginx-").FullName;
            var root = Directory.CreateDirectory(Path.Combine(folder, "www")).FullName;
            foreach (var name in new[] { "dav", "temp" }) Directory.CreateDirectory(Path.Combine(folder, name));
            Directory.CreateDirectory(Path.Combine(root, "models"));
            var port = LoopbackPort.Free();
            var file = Path.Combine(folder, "nginx.conf");
            await File.WriteAllTextAsync(file, $$"""
                daemon off;
                master_process off;
                pid {{folder}}/pid;
                error_log stderr warn;
                events { worker_connections 256; }
                http {
                  access_log off;
                  client_body_temp_path {{folder}}/temp/body;
                  proxy_temp_path {{folder}}/temp/proxy;
                  fastcgi_temp_path {{folder}}/temp/fastcgi;
                  uwsgi_temp_path {{folder}}/temp/uwsgi;
                  scgi_temp_path {{folder}}/temp/scgi;
                  client_max_body_size {{maxBody}};
                  server {
                    listen 127.0.0.1:{{port}};
                    location /dav/ {
                      alias {{root}}/;
                      dav_methods PUT DELETE MKCOL;
                      create_full_put_path {{(makesFolders ? "on" : "off")}};
                      dav_access user:rw;
                    }
                    location /files/ {
                      alias {{root}}/;
                    }
                  }
                }
                """);
            var process = Start(folder);
            if (await process.ListensAsync(port)) return new NginxServer(process, folder, port, $"http://127.0.0.1:{port}/dav/models", root);

            var output = process.Output;
            await process.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            if (tries == 3) throw new InvalidOperationException("nginx does not start: " + output);
        }
    }

    /// <summary>kill -9, whatever it is doing.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Starts it again after <see cref="Kill"/>, on the same port and folder.</summary>
    public async Task StartAgainAsync()
    {
        await _process.DisposeAsync();
        _process = Start(_folder);
        if (!await _process.ListensAsync(_port)) throw new InvalidOperationException("nginx does not start again: " + _process.Output);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServerProcess Start(string folder) => ServerProcess.Start(Program(), ["-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", "stderr"], folder, keep: true);

    // Debian keeps it where a user's PATH does not look.
    private static string Program() => File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
}
