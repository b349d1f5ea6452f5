using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>The personal access token of a client: how it is exchanged, and replaced by its next one.</summary>
internal sealed class Keeper
{
    private readonly Exchange _exchange;
    private readonly string? _secret;
    private readonly SecretFile? _file;
    private readonly TimeSpan? _rotateBefore;

    /// <summary>The token may not be replaced, so the client doesn't ask again.</summary>
    private volatile bool _isFixed;

    /// <summary>The options must have been checked.</summary>
    public Keeper(PersonalAccessTokenOptions options, Exchange exchange)
    {
        _exchange = exchange;
        _secret = options.Secret;
        _file = options.SecretFile is null ? null : new SecretFile(options.SecretFile);
#if NET
        _rotateBefore = options.RotateBefore;
#else
        // There, a file can't be made that other users can't read.
        _rotateBefore = null;
#endif
    }

    /// <summary>
    /// Exchanges the token once, or the next one if it waits to be confirmed. If the token is due, it is replaced. If
    /// that fails, the token still works, and the next exchange tries again.
    /// </summary>
    /// <exception cref="AttemptException">There is no bearer token.</exception>
    public async Task<Exchanged> ExchangeAsync(CancellationToken cancel)
    {
        try
        {
            if (_file is not { } file)
            {
                return await _exchange.OnceAsync(_secret!, cancel).ConfigureAwait(false);
            }
            if (_rotateBefore is not { } before)
            {
                return await _exchange.OnceAsync(file.Read(), cancel).ConfigureAwait(false);
            }
            return await ExchangeOrRotateAsync(file, before, cancel).ConfigureAwait(false);
        }
        catch (ExchangeException error)
        {
            // The file: asking again would not help.
            throw new AttemptException(error, isTemporary: false, after: null);
        }
    }

    private async Task<Exchanged> ExchangeOrRotateAsync(SecretFile file, TimeSpan before, CancellationToken cancel)
    {
        if (file.Next() is not null)
        {
            using FileStream? waiting = file.TryTurn();
            if (waiting is not null && await ConfirmAsync(file, cancel).ConfigureAwait(false) is { } confirmed)
            {
                return confirmed;
            }
        }
        Exchanged exchanged = await _exchange.OnceAsync(file.Read(), cancel).ConfigureAwait(false);
        if (_isFixed || !(exchanged.SecretLifetime < before))
        {
            return exchanged;
        }
        using FileStream? turn = file.TryTurn();
        if (turn is null)
        {
            return exchanged;
        }
        try
        {
            return await ReplaceAsync(file, cancel).ConfigureAwait(false) ?? exchanged;
        }
        catch (Exception error) when (error is AttemptException or ExchangeException)
        {
            return exchanged;
        }
    }

    private async Task<Exchanged?> ReplaceAsync(SecretFile file, CancellationToken cancel)
    {
        // Another program may have replaced it just now.
        if (await ConfirmAsync(file, cancel).ConfigureAwait(false) is { } confirmed)
        {
            return confirmed;
        }
        string next;
        try
        {
            next = await _exchange.NextAsync(file.Read(), cancel).ConfigureAwait(false);
        }
        catch (AttemptException error)
        {
            _isFixed |= error.Cause.Failure == ExchangeFailure.SelfRegenerateNotAllowed;
            throw;
        }
        // It must be on the disk before it is used, because from its first exchange on the old token is refused.
        file.KeepNext(next);
        return await ConfirmAsync(file, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Exchanges the next token, if there is one, and replaces the other by it. Also a void one gives nothing.
    /// </summary>
    private async Task<Exchanged?> ConfirmAsync(SecretFile file, CancellationToken cancel)
    {
        if (file.Next() is not { } next)
        {
            return null;
        }
        Exchanged exchanged;
        try
        {
            exchanged = await _exchange.OnceAsync(next, cancel).ConfigureAwait(false);
        }
        catch (AttemptException error) when (error.Cause.Failure == ExchangeFailure.Invalid)
        {
            file.ForgetNext();
            return null;
        }
        // After any other failure the service may have confirmed it, so it is kept until that is known.
        file.TakeNext();
        return exchanged;
    }
}
