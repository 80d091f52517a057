using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public const string HttpCannotListCode = "MT3812";

    public static ModelTrackException HttpVariableNotSet(string remote, string variable) => Catalog.Error("MT3801", remote, variable);

    public static ModelTrackException HttpTokenVariableMissing(string remote, string usernameVariable) => Catalog.Error("MT3802", remote, usernameVariable);

    public static ModelTrackException HttpCredentialsNeeded(string remote) => Catalog.Error("MT3803", remote);

    public static ModelTrackException HttpCredentialsRefused(string remote, string source, string answer) => Catalog.Error("MT3804", remote, source, answer);

    public static ModelTrackException HttpForbidden(string remote, string request, string answer) => Catalog.Error("MT3805", remote, request, answer);

    public static ModelTrackException HttpNotWritable(string remote, string request, string answer) => Catalog.Error("MT3806", remote, request, answer);

    public static ModelTrackException HttpReadOnly(string remote, string request, string answer) => Catalog.Error("MT3807", remote, request, answer);

    public static ModelTrackException HttpTooLarge(string remote, string request) => Catalog.Error("MT3808", remote, request);

    public static ModelTrackException HttpFull(string remote, string request) => Catalog.Error("MT3809", remote, request);

    public static ModelTrackException HttpPlaceMissing(string remote, string request, string answer) => Catalog.Error("MT3810", remote, request, answer);

    public static ModelTrackException HttpRedirectRefused(string remote, string request, string reason) => Catalog.Error("MT3811", remote, request, reason);

    public static ModelTrackException HttpCannotList(string remote) => Catalog.Error(HttpCannotListCode, remote);

    public static ModelTrackException HttpCertificateRefused(Exception inner, string request, string reason) => Catalog.Error(inner, "MT3813", request, reason);

    public static ModelTrackException HttpUnexpected(string remote, string request, string answer) => Catalog.Error("MT3814", remote, request, answer);

    public static ModelTrackException HttpCredentialsNotCarried(string remote, string place) => Catalog.Error("MT3815", remote, place);
}
