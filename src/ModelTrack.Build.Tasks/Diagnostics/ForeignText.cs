using System.Text.RegularExpressions;

namespace ModelTrack.Diagnostics;

/// <summary>What the framework, Git or a server said, fit to be told: a URL in it may hold a password that a person wrote there.</summary>
internal static partial class ForeignText
{
    /// <summary>The text with `//user:password@` as `//`.</summary>
    public static string WithoutUserInfo(string text) => UserInfo().Replace(text, "//");

    [GeneratedRegex("//[^/\\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();
}
