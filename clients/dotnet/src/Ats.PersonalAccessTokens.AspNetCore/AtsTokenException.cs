using System;
using Ats.PersonalAccessTokens.Verification;

namespace Ats.PersonalAccessTokens.AspNetCore;

/// <summary>The <c>Failure</c> of an authentication that was refused.</summary>
public sealed class AtsTokenException : Exception
{
    internal AtsTokenException(Refusal refusal)
        : base(refusal.ToString()) => Refusal = refusal;

    /// <summary>Why it was refused. If <see cref="Refusal.IsTemporary"/>, the token may be good.</summary>
    public Refusal Refusal { get; }
}
