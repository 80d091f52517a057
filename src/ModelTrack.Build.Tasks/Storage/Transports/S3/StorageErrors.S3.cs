using ModelTrack.Diagnostics;

namespace ModelTrack.Storage;

internal static partial class StorageErrors
{
    public const string S3NoBucketCode = "MT3706";

    public static ModelTrackException S3VariableNotSet(string remote, string variable) => Catalog.Error("MT3701", remote, variable);

    public static ModelTrackException S3VariableMissing(string remote, string given, string missing) => Catalog.Error("MT3702", remote, given, missing);

    public static ModelTrackException S3ProfileMissing(string remote, string profile, string reason) => Catalog.Error("MT3703", remote, profile, reason);

    public static ModelTrackException S3NoCredentials(string remote, string profile, string reason) => Catalog.Error("MT3704", remote, profile, reason);

    public static ModelTrackException S3EndpointUnreadable(string remote, string source) => Catalog.Error("MT3705", remote, source);

    public static ModelTrackException S3NoBucket(Exception inner, string remote, string bucket) => Catalog.Error(inner, S3NoBucketCode, remote, bucket);

    public static ModelTrackException S3WrongRegion(Exception inner, string remote, string asked, string right) => Catalog.Error(inner, "MT3707", remote, asked, right);

    public static ModelTrackException S3CredentialsRefused(Exception inner, string remote, string source, string answer) => Catalog.Error(inner, "MT3708", remote, source, answer);

    public static ModelTrackException S3CredentialsExpired(Exception inner, string remote, string source, string answer) => Catalog.Error(inner, "MT3709", remote, source, answer);

    public static ModelTrackException S3ClockWrong(Exception inner, string remote, string answer) => Catalog.Error(inner, "MT3710", remote, answer);

    public static ModelTrackException S3NotAllowed(Exception inner, string remote, string request, string permission, string source, string answer) =>
        Catalog.Error(inner, "MT3711", remote, request, permission, source, answer);

    public static ModelTrackException S3TooLarge(Exception inner, string remote, string request, string answer) => Catalog.Error(inner, "MT3712", remote, request, answer);

    public static ModelTrackException S3Full(Exception inner, string remote, string request, string answer) => Catalog.Error(inner, "MT3713", remote, request, answer);

    public static ModelTrackException S3CertificateRefused(Exception inner, string remote, string reason) => Catalog.Error(inner, "MT3714", remote, reason);

    public static ModelTrackException S3HostUnknown(Exception inner, string remote, string reason) => Catalog.Error(inner, "MT3715", remote, reason);

    public static ModelTrackException S3Unexpected(Exception inner, string remote, string request, string answer) => Catalog.Error(inner, "MT3716", remote, request, answer);
}
