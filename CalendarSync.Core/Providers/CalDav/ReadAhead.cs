using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace CalendarSync.Core.Providers.CalDav;

/// <summary>Requests that run ahead of whoever takes their results in, a few at a time.</summary>
internal static class ReadAhead
{
    /// <summary>Does a piece of work for each item.</summary>
    /// <param name="items">Taken as there is room.</param>
    /// <param name="parallel">How many are under way or done and not yet taken: the bound of the memory.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>
    /// The results in the order of the items. After a failure nothing new is begun; what was under way is given all the same, and the
    /// first failure comes last. Nothing is under way any more when the enumeration has ended, however it ends.
    /// </returns>
    public static async IAsyncEnumerable<TResult> InOrderAsync<TItem, TResult>(
        IEnumerable<TItem> items, int parallel, Func<TItem, CancellationToken, Task<TResult>> work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var source = items.GetEnumerator();
        var underWay = new Queue<Task<TResult>>();
        var failure = (Task?)null;
        try
        {
            while (true)
            {
                while (failure is null && underWay.Count < parallel && source.MoveNext())
                {
                    underWay.Enqueue(work(source.Current, stop.Token));
                }

                if (!underWay.TryPeek(out var next))
                {
                    break;
                }

                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _ = underWay.Dequeue();
                if (next.IsCompletedSuccessfully)
                {
                    yield return await next.ConfigureAwait(false);
                }
                else
                {
                    failure ??= next;
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(underWay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (failure is not null)
        {
            await failure.ConfigureAwait(false);
        }
    }

    /// <summary>Marks the last element of a sequence, which is known only at its end. A failure comes after what was given before it.</summary>
    /// <param name="source">The sequence.</param>
    /// <param name="last">Makes the last element out of what came last, or of nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<T> EndingAsync<T>(IAsyncEnumerable<T> source, Func<T?, T> last, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await using var pages = source.GetAsyncEnumerator(cancellationToken);
        var pending = (T?)null;
        var failure = (ExceptionDispatchInfo?)null;
        while (true)
        {
            var more = false;
            try
            {
                more = await pages.MoveNextAsync().ConfigureAwait(false);
            }
            catch (ProviderException e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            if (!more && failure is null)
            {
                break;
            }

            if (pending is not null)
            {
                yield return pending;
            }

            failure?.Throw();
            pending = pages.Current;
        }

        yield return last(pending);
    }
}
