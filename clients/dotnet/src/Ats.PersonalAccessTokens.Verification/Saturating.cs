namespace Ats.PersonalAccessTokens.Verification;

/// <summary>Sums that stay at the ends of the range instead of starting again at the other end.</summary>
internal static class Saturating
{
    /// <summary>The sum of a number and one that is not negative.</summary>
    public static long Add(long number, long more) => number > long.MaxValue - more ? long.MaxValue : number + more;
}
