using System.Threading;
using System.Threading.Tasks;

namespace Ats.PersonalAccessTokens.Verification;

/// <summary>What netstandard2.0 lacks.</summary>
internal static class Tasks
{
    /// <summary>Waits for a task, or until the caller goes away. The task goes on.</summary>
    public static async Task OrCanceled(this Task task, CancellationToken cancel)
    {
        if (!cancel.CanBeCanceled)
        {
            await task.ConfigureAwait(false);
            return;
        }
        var canceled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancel.Register(state => ((TaskCompletionSource<bool>)state!).TrySetResult(true), canceled))
        {
            await Task.WhenAny(task, canceled.Task).ConfigureAwait(false);
        }
        if (!task.IsCompleted)
        {
            cancel.ThrowIfCancellationRequested();
        }
        await task.ConfigureAwait(false);
    }
}
