using System;
using System.IO;

namespace Ats.PersonalAccessTokens.Client;

/// <summary>
/// A file with one personal access token. The next token is first written to <c>FILE.next</c>, and is on the disk before
/// it is used. The file gets the first name when the service has confirmed the token. So a program that is killed at any
/// moment loses neither token: the next run looks for <c>FILE.next</c> first. <c>FILE.lock</c> keeps two programs on one
/// machine from replacing the token at the same time. The client in Rust uses the same names.
/// </summary>
internal sealed class SecretFile
{
    private readonly string _path;

    public SecretFile(string path) => _path = path;

    private string NextPath => _path + ".next";

    private string UnfinishedPath => _path + ".tmp";

    private string LockPath => _path + ".lock";

    /// <summary>The token in use.</summary>
    /// <exception cref="ExchangeException">There is none.</exception>
    public string Read() => Read(_path)
        ?? throw new ExchangeException(ExchangeFailure.File, $"The file {_path} of the personal access token is missing.");

    /// <summary>The next token, if an earlier run left one.</summary>
    public string? Next() => Read(NextPath);

    /// <summary>The right to replace the token, unless another program has it. Its end is that of the stream.</summary>
    public FileStream? TryTurn()
    {
        try
        {
            return Private(LockPath, FileMode.OpenOrCreate);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the next token. It is on the disk when this returns.</summary>
    public void KeepNext(string next) => Change(NextPath, () =>
    {
        using (FileStream file = Private(UnfinishedPath, FileMode.Create))
        using (var text = new StreamWriter(file))
        {
            text.Write(next + "\n");
            text.Flush();
            file.Flush(flushToDisk: true);
        }
        Replace(UnfinishedPath, NextPath);
    });

    /// <summary>Replaces the token by the next one.</summary>
    public void TakeNext() => Change(_path, () => Replace(NextPath, _path));

    /// <summary>Removes the next token, which is void.</summary>
    public void ForgetNext() => Change(NextPath, () => File.Delete(NextPath));

    /// <summary>The token in a file; <see langword="null"/> if there is no file.</summary>
    private static string? Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path).TrimEnd();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExchangeException(ExchangeFailure.File, $"The file {path} can't be read.", error);
        }
        return Secret.IsWellFormed(text)
            ? text
            : throw new ExchangeException(ExchangeFailure.File, $"The file {path} has no personal access token.");
    }

    private static void Change(string path, Action change)
    {
        try
        {
            change();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ExchangeException(ExchangeFailure.File, $"The file {path} can't be written.", error);
        }
    }

    /// <summary>Gives a file another name, in one step. The new name is on the disk when this returns.</summary>
    private static void Replace(string from, string to)
    {
#if NET
        File.Move(from, to, overwrite: true);
#else
        if (File.Exists(to))
        {
            File.Replace(from, to, destinationBackupFileName: null);
        }
        else
        {
            File.Move(from, to);
        }
#endif
        // A folder can't be flushed from here. A file that was just renamed brings its name along.
        using var renamed = new FileStream(to, FileMode.Open, FileAccess.ReadWrite);
        renamed.Flush(flushToDisk: true);
    }

    /// <summary>A file that other users can't read, and that nobody else opens meanwhile.</summary>
    private static FileStream Private(string path, FileMode mode)
    {
#if NET
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        return new FileStream(path, options);
#else
        return new FileStream(path, mode, FileAccess.Write, FileShare.None);
#endif
    }
}
