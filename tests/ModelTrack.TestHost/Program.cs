using ModelTrack.Operations;

namespace ModelTrack.TestHost;

/// <summary>Runs a verb as the tasks do, in a process that may be killed. Exit code 0 is success, 1 a coded failure, 2 a bug.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        var log = new ConsoleLog();
        try
        {
            var parsed = HostArguments.Parse(arguments);
            FailPointKiller.Install();
            // Who kills at random counts from here, so that no kill is spent on the runtime's own start.
            log.Write("begin", parsed.Verb);
            var succeeded = true;
            foreach (var verb in parsed.Verb == "build" ? ["restore", "save", "push"] : new[] { parsed.Verb })
            {
                var result = await RunAsync(verb, parsed, log).ConfigureAwait(false);
                foreach (var artifact in result.Artifacts)
                {
                    log.Write("result", $"{verb} {artifact.DisplayName} {artifact.Action} {artifact.Sha256 ?? "-"} {artifact.Status}");
                }

                succeeded = result.Succeeded;
                if (!succeeded) break;
            }

            log.Write("end", succeeded ? "succeeded" : "failed");
            return succeeded ? 0 : 1;
        }
        catch (Diagnostics.ModelTrackException exception)
        {
            log.Error(exception.Diagnostic);
            return 1;
        }
#pragma warning disable CA1031 // Whatever it is, the test is to see it whole.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync(exception.ToString()).ConfigureAwait(false);
            return 2;
        }
    }

    private static Task<OperationResult> RunAsync(string verb, HostArguments arguments, ConsoleLog log) => verb switch
    {
        "restore" => RestoreOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "save" => SaveOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "push" => PushOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "mirror" => MirrorOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "fetch" => FetchOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "status" => StatusOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        "log" => LogOperation.RunAsync(arguments.Items, arguments.Options, null, log, CancellationToken.None),
        "gc" => StoreGcOperation.RunAsync(
            new RepositoryOptions(arguments.Project, arguments.Project) { StorePath = arguments.Store, Force = arguments.Force }, new GcOptions { Apply = true }, log, CancellationToken.None),
        "mark" or "sweep" => RemoteGcOperation.RunAsync(
            new RepositoryOptions(arguments.Project, arguments.Project) { StorePath = arguments.Store, Remote = arguments.Remote },
            new GcOptions { Apply = true, Remote = verb == "mark" ? RemoteGcPhase.Mark : RemoteGcPhase.Sweep },
            log,
            CancellationToken.None),
        "verify" => VerifyOperation.RunAsync(arguments.Items, arguments.Options, log, CancellationToken.None),
        _ => throw new ArgumentException($"Unknown verb {verb}."),
    };
}
