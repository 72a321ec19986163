using CalendarSync.Core.Providers;
using CalendarSync.Core.Providers.CalDav;

namespace CalendarSync.UnitTests.CalDav;

public sealed class ReadAheadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Results_come_in_the_order_of_the_items_whichever_is_done_first()
    {
        var first = new TaskCompletionSource<int>();
        var results = new List<int>();
        await foreach (var result in ReadAhead.InOrderAsync([0, 1, 2, 3], 2, (item, _) => Work(item), Cancellation))
        {
            results.Add(result);
        }

        Assert.Equal([0, 1, 2, 3], results);

        Task<int> Work(int item)
        {
            if (item == 1)
            {
                first.SetResult(0);
            }

            return item == 0 ? first.Task : Task.FromResult(item);
        }
    }

    [Fact]
    public async Task No_more_is_held_than_was_allowed_while_nobody_takes_it()
    {
        var begun = 0;
        await using var results = ReadAhead.InOrderAsync(Enumerable.Range(0, 1000), 3, (item, _) => Task.FromResult(begun++), Cancellation).GetAsyncEnumerator(Cancellation);

        for (var taken = 1; taken <= 5; taken++)
        {
            await results.MoveNextAsync();
            Assert.InRange(begun, taken, taken + 2);
        }
    }

    [Fact]
    public async Task A_failure_comes_after_what_was_under_way_and_begins_nothing_new()
    {
        var (results, begun) = (new List<int>(), new List<int>());

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var result in ReadAhead.InOrderAsync(Enumerable.Range(0, 100), 3, Work, Cancellation))
            {
                results.Add(result);
            }
        });

        Assert.Equal([0, 2, 3], results);
        Assert.Equal([0, 1, 2, 3], begun);

        Task<int> Work(int item, CancellationToken cancellationToken)
        {
            begun.Add(item);
            return item == 1 ? Task.FromException<int>(new InvalidOperationException()) : Task.FromResult(item);
        }
    }

    [Fact]
    public async Task Whoever_stops_early_ends_what_is_under_way()
    {
        var ended = 0;
        await foreach (var _ in ReadAhead.InOrderAsync(Enumerable.Range(0, 100), 3, Work, Cancellation))
        {
            break;
        }

        Assert.Equal(2, ended);

        async Task<int> Work(int item, CancellationToken cancellationToken)
        {
            if (item > 0)
            {
                var never = new TaskCompletionSource();
                await using var registration = cancellationToken.Register(() => never.SetCanceled(cancellationToken));
                try
                {
                    await never.Task;
                }
                finally
                {
                    ended++;
                }
            }

            return item;
        }
    }

    [Fact]
    public async Task The_last_page_is_marked_and_a_failure_loses_no_page_before_it()
    {
        Assert.Equal(["a", "b!"], await ReadAhead.EndingAsync(Pages("a", "b"), last => last + "!", Cancellation).ToListAsync(Cancellation));
        Assert.Equal(["!"], await ReadAhead.EndingAsync(Pages(), last => last + "!", Cancellation).ToListAsync(Cancellation));
        var given = new List<string>();

        await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var page in ReadAhead.EndingAsync(Pages("a", "b", null), last => last + "!", Cancellation))
            {
                given.Add(page);
            }
        });

        Assert.Equal(["a", "b"], given);
    }

    private static async IAsyncEnumerable<string> Pages(params string?[] pages)
    {
        foreach (var page in pages)
        {
            await Task.CompletedTask;
            yield return page ?? throw new ProviderException(ProviderFault.Transient, "timeout", "Too slow.");
        }
    }
}
