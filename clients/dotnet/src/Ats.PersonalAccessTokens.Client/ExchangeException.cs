using System;
using System.Text;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>Why there is no bearer token. Each needs another action. Later releases may know more reasons.</summary>
/// <remarks>The numbers never change, because programs that were compiled before contain them.</remarks>
public enum ExchangeFailure
{
    /// <summary>The service can't be reached, is busy, or gives an unexpected answer. Try again later.</summary>
    Unavailable = 0,

    /// <summary>The certificate of the service is not trusted. Asking again won't help.</summary>
    Tls = 1,

    /// <summary>The file of the personal access token can't be read, or has none.</summary>
    File = 2,

    /// <summary>The personal access token has expired. Make a new one.</summary>
    Expired = 3,

    /// <summary>The personal access token was revoked. Make a new one.</summary>
    Revoked = 4,

    /// <summary>The service doesn't know the personal access token. It may have been regenerated.</summary>
    Invalid = 5,

    /// <summary>The owner of the personal access token is disabled. Ask the operator.</summary>
    OwnerDisabled = 6,

    /// <summary>The personal access token may not be used from this network.</summary>
    NetworkNotAllowed = 7,

    /// <summary>
    /// The service doesn't name the audiences of its token, though some were asked for. It may be too old to know them.
    /// </summary>
    AudienceNotTold = 8,

    /// <summary>The service gave a token that is also for an audience that was not asked for. Tell the operator.</summary>
    AudienceTooWide = 9,

    /// <summary>The service refuses for a reason that this release doesn't know. Read the message.</summary>
    Refused = 10,

    /// <summary>
    /// The personal access token may not regenerate itself. Its owner made it without that right, or the right has ended.
    /// </summary>
    SelfRegenerateNotAllowed = 11,

    /// <summary>
    /// The owner of the personal access token has not signed in at the company's identity provider for longer than the
    /// operator allows. The owner has to sign in on the web pages.
    /// </summary>
    OwnerSignInOverdue = 12,
}

/// <summary>There is no bearer token. The message holds no secret.</summary>
public sealed class ExchangeException : Exception
{
    private const int LongestMessage = 300;

    internal ExchangeException(ExchangeFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    private ExchangeException(ExchangeFailure failure, int code, string message)
        : base($"The exchange is refused: {message} ({code})")
    {
        Failure = failure;
        ResponseCode = code;
    }

    /// <summary>Why.</summary>
    public ExchangeFailure Failure { get; }

    /// <summary>The <c>ResponseCode</c> of the service, if it refused. Codes never change.</summary>
    public int? ResponseCode { get; }

    /// <summary>Whether the service refused the personal access token itself.</summary>
    internal bool IsRefusal => ResponseCode is not null && Failure != ExchangeFailure.Unavailable;

    internal static ExchangeException Of(int code, string message, bool isTemporary)
    {
        ExchangeFailure failure = code switch
        {
            _ when isTemporary => ExchangeFailure.Unavailable,
            1201 => ExchangeFailure.Invalid,
            1202 => ExchangeFailure.Expired,
            1203 => ExchangeFailure.Revoked,
            1204 => ExchangeFailure.NetworkNotAllowed,
            1205 => ExchangeFailure.OwnerDisabled,
            1207 => ExchangeFailure.OwnerSignInOverdue,
            1208 => ExchangeFailure.SelfRegenerateNotAllowed,
            _ => ExchangeFailure.Refused,
        };
        return new ExchangeException(failure, code, Harmless(message));
    }

    /// <summary>A text from the network, without characters that end a line of a log or turn it around.</summary>
    internal static string Harmless(string text)
    {
        // The service quotes no secret. But another server in its place may send back the request.
        if (text.IndexOf(Secret.Prefix, StringComparison.Ordinal) >= 0)
        {
            return "a message that quotes a personal access token";
        }
        var harmless = new StringBuilder();
        foreach (char character in text)
        {
            bool isHarmful = char.IsControl(character)
                || character is '\u2028' or '\u2029' or '\u061c' or '\u200e' or '\u200f'
                    or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
            if (!isHarmful && harmless.Length < LongestMessage)
            {
                harmless.Append(character);
            }
        }
        return harmless.ToString();
    }
}
