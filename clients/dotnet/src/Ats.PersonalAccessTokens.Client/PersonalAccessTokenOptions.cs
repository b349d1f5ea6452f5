using System;
using System.Collections.Generic;
using System.Net.Http;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>The settings of the exchange of a personal access token.</summary>
public sealed class PersonalAccessTokenOptions
{
    private const int MostAudiences = 16;

    /// <summary>
    /// The public URL of the personal access token service, such as <c>https://pat.example.com</c>. The secret is sent
    /// there, and nowhere else.
    /// </summary>
    public Uri? Service { get; set; }

    /// <summary>
    /// The file with the personal access token. It is read again for each exchange, so another program can replace the
    /// token. A line end after the token does no harm.
    /// </summary>
    public string? SecretFile { get; set; }

    /// <summary>The personal access token itself, if it is in no file. Don't write it into code or arguments.</summary>
    public string? Secret { get; set; }

#if NET
    /// <summary>
    /// Replaces the token of the file when it expires within this time, if its owner made it with
    /// <c>MayRegenerateItself</c>. The folder of the file must be writable. If the token can't be replaced, it is used until
    /// it expires. The default is never.
    /// </summary>
    public TimeSpan? RotateBefore { get; set; }
#endif

    /// <summary>
    /// The audiences that the tokens must be for, and no other: the names by which the APIs call themselves. Without
    /// them, tokens are for the audiences that the operator chose.
    /// </summary>
    public IList<string> Audience { get; } = new List<string>();

    /// <summary>
    /// The origins of the APIs, such as <c>https://orders.example.com</c>. Requests to others get no token. The default
    /// is the <c>BaseAddress</c> that the client was registered with.
    /// </summary>
    public IList<Uri> Origins { get; } = new List<Uri>();

    /// <summary>How long one request to the service may take, including its answer.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an exchange may take, with all retries. Callers without a token wait for at most this time.</summary>
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The client that asks the service. The default follows no redirect, and uses no proxy for this machine.
    /// </summary>
    public HttpClient? Backchannel { get; set; }

    /// <summary>The clocks. The default is the machine's.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Checks the settings. It doesn't read the file.</summary>
    /// <exception cref="ArgumentException">A setting can't be valid. The message says which, and quotes no secret.</exception>
    public void Validate()
    {
        Require(Origin.IsFitForSecrets(Service), nameof(Service), "must be an https origin; http is for this machine only");
        Require((SecretFile is null) != (Secret is null), nameof(SecretFile), "or Secret must be set, and not both");
        Require(Secret is null || Client.Secret.IsWellFormed(Secret), nameof(Secret), "must be a personal access token");
        Require(Audience.Count <= MostAudiences, nameof(Audience), "must not have more than 16 names");
        foreach (Uri origin in Origins)
        {
            Require(Origin.IsFitForSecrets(origin), nameof(Origins), "must be https origins; http is for this machine only");
        }
#if NET
        Require(
            RotateBefore is null || (RotateBefore > TimeSpan.Zero && SecretFile is not null),
            nameof(RotateBefore),
            "must be longer than nothing, and needs a file");
#endif
        RequireTime(RequestTimeout, nameof(RequestTimeout));
        RequireTime(GiveUpAfter, nameof(GiveUpAfter));
    }

    /// <summary>Timers don't take any time.</summary>
    private static void RequireTime(TimeSpan time, string name) => Require(
        time > TimeSpan.Zero && time <= TimeSpan.FromDays(1), name, "must be longer than nothing, and not longer than a day");

    private static void Require(bool isValid, string name, string rule)
    {
        if (!isValid)
        {
            throw new ArgumentException($"{name} {rule}.", name);
        }
    }
}
