using System.Xml;
using System.Xml.Linq;

namespace ModelTrack.Storage.Transports.Http;

/// <summary>XML from a server: no document types, no entities, nothing fetched.</summary>
internal static class HttpXml
{
    /// <exception cref="XmlException">It is none.</exception>
    public static XDocument Parse(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes, writable: false);
        using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return XDocument.Load(reader);
    }
}
