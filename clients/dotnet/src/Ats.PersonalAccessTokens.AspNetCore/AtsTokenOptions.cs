using System.Net.Http;
using Ats.PersonalAccessTokens.Verification;
using Microsoft.AspNetCore.Authentication;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>
/// The settings of the authentication by ATS tokens. They are checked when the host starts. Events are not raised.
/// </summary>
public sealed class AtsTokenOptions : AuthenticationSchemeOptions
{
    /// <summary>All settings of the verifier. The properties beside this one are the usual ones of them.</summary>
    public TokenVerifierOptions Verification { get; } = new();

    /// <inheritdoc cref="TokenVerifierOptions.Issuer"/>
    public string Issuer
    {
        get => Verification.Issuer;
        set => Verification.Issuer = value;
    }

    /// <inheritdoc cref="TokenVerifierOptions.Audience"/>
    public string Audience
    {
        get => Verification.Audience;
        set => Verification.Audience = value;
    }

    /// <inheritdoc cref="TokenVerifierOptions.Revocation"/>
    public RevocationMode Revocation
    {
        get => Verification.Revocation;
        set => Verification.Revocation = value;
    }

    /// <inheritdoc cref="TokenVerifierOptions.Realm"/>
    public string? Realm
    {
        get => Verification.Realm;
        set => Verification.Realm = value;
    }

    /// <summary>
    /// The client that reads what the issuer publishes, for example one that trusts the certificate authority of the
    /// company, or that of a test server. It must not follow redirects. The default doesn't.
    /// </summary>
    public HttpClient? Backchannel
    {
        get => Verification.Backchannel;
        set => Verification.Backchannel = value;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Verification.Validate();
    }
}
