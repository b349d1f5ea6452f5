namespace Ats.PersonalAccessTokens.Verification;

/// <summary>The token of a request, or why the request is refused: exactly one of them.</summary>
public sealed class VerificationResult
{
    private VerificationResult(AuthenticationToken? token, Refusal? refusal)
    {
        Token = token;
        Refusal = refusal;
    }

    /// <summary>The token, if it is accepted.</summary>
    public AuthenticationToken? Token { get; }

    /// <summary>Why the request is refused.</summary>
    public Refusal? Refusal { get; }

    internal static VerificationResult Accepted(AuthenticationToken token) => new(token, null);

    internal static VerificationResult Refused(Refusal refusal) => new(null, refusal);
}
