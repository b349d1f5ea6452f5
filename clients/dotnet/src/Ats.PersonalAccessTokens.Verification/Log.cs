using Microsoft.Extensions.Logging;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>What the verifier logs. No event quotes a token.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Can't read the {What} that the issuer publishes: {Cause}")]
    public static partial void CannotRead(ILogger logger, string what, string cause);

    [LoggerMessage(2, LogLevel.Information, "Reading the {What} that the issuer publishes again")]
    public static partial void ReadAgain(ILogger logger, string what);

    [LoggerMessage(
        3,
        LogLevel.Debug,
        "A request is refused: {Reason}. The verifier expects the issuer {Issuer} and the audience {Audience}")]
    public static partial void Refused(ILogger logger, RefusalReason reason, string issuer, string audience);
}
