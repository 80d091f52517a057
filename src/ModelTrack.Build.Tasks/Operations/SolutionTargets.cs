using ModelTrack.Operations.Pins;

namespace ModelTrack.Operations;

/// <summary>The file that makes `dotnet build SOLUTION -t:VERB` reach the projects that have ModelTrack and pass over the others.</summary>
internal static class SolutionTargets
{
    private static readonly string[] s_verbs =
    [
        "ModelTrackRestore", "ModelTrackPull", "ModelTrackSave", "ModelTrackFetch", "ModelTrackPush", "ModelTrackStatus", "ModelTrackVerify",
        "ModelTrackCheckout", "ModelTrackCommit", "ModelTrackDiff", "ModelTrackLog", "ModelTrackUpdate",
        "ModelTrackInit", "ModelTrackSetupDagsHub", "ModelTrackGc", "ModelTrackDestroy", "ModelTrackHelp",
    ];

    /// <summary>
    /// What each project does before any does the verb. These verbs run once for all projects: each has to have told how it reaches its content (see
    /// KnownProject), or at least to be evaluated, since one that is evaluated after the first has written the configuration asks for another run.
    /// </summary>
    private static readonly Dictionary<string, string> s_before = new()
    {
        ["ModelTrackCheckout"] = "_ModelTrackRememberProject",
        ["ModelTrackCommit"] = "_ModelTrackRememberProject",
        ["ModelTrackInit"] = "_ModelTrackRememberProject",
        ["ModelTrackSetupDagsHub"] = "_ModelTrackGetRepositoryArguments",
        ["ModelTrackDestroy"] = "_ModelTrackGetRepositoryArguments",
    };

    public static string Text { get; } = $"""
        <Project>
          <!-- {InitOperation.SolutionMarker}: it lets ModelTrack's verbs work on the solution. -->
        {string.Concat(s_verbs.Select(Target))}{NoImport}</Project>

        """;

    /// <summary>Else MSBuild says only that there is no such target.</summary>
    private static string NoImport
    {
        get
        {
            var error = PinErrors.ImportIntoSolution("$(SolutionFileName)");
            return $"""
                  <Target Name="ModelTrackImport">
                    <Error Code="{error.Code}" File="$(SolutionPath)" Text="{error.Text}" />
                  </Target>

                """;
        }
    }

    private static string Target(string verb) => $"""
          <Target Name="{verb}" Returns="@(_{verb}Result)"{(verb == "ModelTrackLog" ? " KeepDuplicateOutputs=\"true\"" : "")}>
        {(s_before.TryGetValue(verb, out var before) ? Call(before, " />\n") : "")}{Call(verb, ">")}
              <Output TaskParameter="TargetOutputs" ItemName="_{verb}Result" />
            </MSBuild>
          </Target>

        """;

    /// <param name="end">Of the element's start.</param>
    private static string Call(string target, string end) => $"""
            <MSBuild Projects="@(ProjectReference)" Targets="{target}" BuildInParallel="true" SkipNonexistentTargets="true"
                     Properties="BuildingSolutionFile=true; CurrentSolutionConfigurationContents=$(CurrentSolutionConfigurationContents); SolutionDir=$(SolutionDir); SolutionExt=$(SolutionExt); SolutionFileName=$(SolutionFileName); SolutionName=$(SolutionName); SolutionPath=$(SolutionPath); Configuration=%(ProjectReference.Configuration); Platform=%(ProjectReference.Platform)"{end}
        """;
}
