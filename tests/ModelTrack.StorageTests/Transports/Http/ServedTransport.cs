using ModelTrack.Storage.Transports;

namespace ModelTrack.StorageTests.Transports.Http;

/// <summary>A transport together with the server that it talks to, which ends with it.</summary>
internal sealed class ServedTransport(ITransport inner, IAsyncDisposable server) : DelegatingTransport(inner)
{
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await server.DisposeAsync();
    }
}
