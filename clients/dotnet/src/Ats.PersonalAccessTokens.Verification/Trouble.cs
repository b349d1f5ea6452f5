using Microsoft.Extensions.Logging;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>
/// Logs that something began to fail, that it fails for another cause, and that it works again: each once.
/// </summary>
internal sealed class Trouble
{
    private readonly ILogger _logger;
    private readonly string _what;
    private volatile string? _cause;

    public Trouble(ILogger logger, string what)
    {
        _logger = logger;
        _what = what;
    }

    /// <summary>Why the last reading failed; <see langword="null"/> if it succeeded.</summary>
    public string? Cause => _cause;

    public void Note(string? cause)
    {
        if (cause == _cause)
        {
            return;
        }
        if (cause is null)
        {
            Log.ReadAgain(_logger, _what);
        }
        else
        {
            Log.CannotRead(_logger, _what, cause);
        }
        _cause = cause;
    }
}
