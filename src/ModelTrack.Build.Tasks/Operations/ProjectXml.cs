using System.Xml;
using System.Xml.Linq;

namespace ModelTrack.Operations;

/// <summary>
/// Takes elements out of a project file and leaves every other character as it was: MSBuild files are written by people,
/// and an XML library would normalise their quotes, line breaks and entities.
/// </summary>
internal static class ProjectXml
{
    /// <summary>An element that stands in the way of a plain removal.</summary>
    /// <param name="Line">1-based.</param>
    internal sealed record Place(int Line, string Text);

    /// <summary>Removes every element that <paramref name="remove"/> accepts, and groups that become empty by it.</summary>
    public static string Remove(string text, Func<XElement, bool> remove)
    {
        var document = Load(text);
        var doomed = document.Descendants().Where(remove).ToHashSet();
        foreach (var group in document.Descendants().Where(e => e.HasElements && e.Parent is not null && !e.HasAttributes))
        {
            // Comments count as content: they may be the user's.
            if (group.Elements().All(doomed.Contains) && !group.Nodes().OfType<XComment>().Any()) doomed.Add(group);
        }

        foreach (var span in doomed.Where(e => !e.Ancestors().Any(doomed.Contains)).Select(e => SpanOf(text, e)).OrderByDescending(s => s.Start))
        {
            text = text.Remove(span.Start, span.Length);
        }

        return text;
    }

    public static IReadOnlyList<Place> Find(string text, Func<XElement, bool> predicate) =>
        Load(text).Descendants().Where(predicate)
            .Select(e => new Place(((IXmlLineInfo)e).LineNumber, $"<{e.Name.LocalName} {string.Join(' ', e.Attributes())}>".Replace(" >", ">", StringComparison.Ordinal)))
            .ToList();

    /// <summary>Whether nothing around or on the element makes it depend on a condition.</summary>
    public static bool IsPlain(XElement element) =>
        element.AncestorsAndSelf().All(e => e.Attribute("Condition") is null && e.Name.LocalName is not ("When" or "Otherwise" or "Target"));

    /// <exception cref="XmlException">The text is not XML.</exception>
    public static XDocument Load(string text) => XDocument.Parse(text, LoadOptions.PreserveWhitespace | LoadOptions.SetLineInfo);

    /// <summary>From the line's indentation to behind the element, and its line break when nothing else is on the line.</summary>
    private static (int Start, int Length) SpanOf(string text, XElement element)
    {
        var line = (IXmlLineInfo)element;
        // The position is that of the name, behind the bracket.
        var start = OffsetOf(text, line.LineNumber, line.LinePosition) - 1;
        var end = EndOf(text, start);
        var indent = start;
        while (indent > 0 && text[indent - 1] is ' ' or '\t') indent--;
        var lineStartsHere = indent == 0 || text[indent - 1] == '\n';
        var behind = end;
        while (behind < text.Length && text[behind] is ' ' or '\t' or '\r') behind++;
        return lineStartsHere && behind < text.Length && text[behind] == '\n'
            ? (indent, behind + 1 - indent)
            : (start, end - start);
    }

    private static int EndOf(string text, int start)
    {
        // Read the element alone: what follows it is no part of the fragment that the reader consumes.
        using var reader = XmlReader.Create(new StringReader(text[start..]), new XmlReaderSettings { ConformanceLevel = ConformanceLevel.Fragment });
        reader.Read();
        if (!reader.IsEmptyElement)
        {
            var depth = reader.Depth;
            while (reader.Read() && !(reader.NodeType == XmlNodeType.EndElement && reader.Depth == depth))
            {
            }

            var info = (IXmlLineInfo)reader;
            return text.IndexOf('>', start + OffsetOf(text[start..], info.LineNumber, info.LinePosition)) + 1;
        }

        return EndOfTag(text, start);
    }

    private static int EndOfTag(string text, int start)
    {
        var quote = '\0';
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'') quote = c;
            else if (c == '>') return i + 1;
        }

        return text.Length;
    }

    private static int OffsetOf(string text, int line, int position)
    {
        var offset = 0;
        for (var i = 1; i < line; i++)
        {
            offset = text.IndexOf('\n', offset) + 1;
        }

        return offset + position - 1;
    }
}
