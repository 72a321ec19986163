using System.Globalization;
using System.Text;

namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>Decides what becomes of a request.</summary>
/// <param name="request">What came.</param>
/// <param name="forward">Lets the server do it, and gives its answer.</param>
/// <param name="clientGone">The client does not wait any more.</param>
/// <returns>The answer; <c>null</c> ends the connection without one.</returns>
public delegate Task<ProxiedAnswer?> FaultStep(ProxiedRequest request, Func<Task<ProxiedAnswer>> forward, CancellationToken clientGone);

/// <summary>What can go wrong between any client and any server.</summary>
public static class Fault
{
    /// <summary>Nothing.</summary>
    public static FaultStep None { get; } = async (_, forward, _) => await forward();

    /// <summary>The connection ends before the server has heard of it.</summary>
    public static FaultStep DropBefore { get; } = (_, _, _) => Task.FromResult<ProxiedAnswer?>(null);

    /// <summary>The server does it, and the answer is lost.</summary>
    public static FaultStep DropAfter { get; } = async (_, forward, _) =>
    {
        await forward();
        return null;
    };

    /// <summary>The connection ends in the middle of the answer.</summary>
    public static FaultStep CutOff(int bytes) => async (_, forward, _) => await forward() with { CutAt = bytes };

    /// <summary>The answer is shorter than the server wrote it, and says nothing of it.</summary>
    public static FaultStep Shorten(int bytes) => Rewrite(answer => answer with { Bytes = answer.Bytes[..Math.Min(bytes, answer.Bytes.Length)] });

    /// <summary>An answer that the server never gave; nothing has happened.</summary>
    /// <param name="status">HTTP.</param>
    /// <param name="body">XML, where it has one.</param>
    /// <param name="retryAfter">Seconds, or a date.</param>
    public static FaultStep Status(int status, string body = "", string? retryAfter = null) => (_, _, _) =>
        Task.FromResult<ProxiedAnswer?>(new ProxiedAnswer(status, Encoding.UTF8.GetBytes(body)).With("Content-Type", "application/xml").With("Retry-After", retryAfter));

    /// <summary>It happened, and the answer says that it did not.</summary>
    public static FaultStep StatusAfter(int status, string? retryAfter = null) => async (request, forward, clientGone) =>
    {
        await forward();
        return await Status(status, retryAfter: retryAfter)(request, forward, clientGone);
    };

    /// <summary>Waits before the server hears of it.</summary>
    public static FaultStep HoldBefore(Task until, Action? reached = null) => async (_, forward, clientGone) =>
    {
        reached?.Invoke();
        await until.WaitAsync(clientGone);
        return await forward();
    };

    /// <summary>The server does it, and the answer waits.</summary>
    public static FaultStep HoldAfter(Task until, Action? reached = null) => async (_, forward, clientGone) =>
    {
        var answer = await forward();
        reached?.Invoke();
        await until.WaitAsync(clientGone);
        return answer;
    };

    /// <summary>Everything takes longer.</summary>
    public static FaultStep Delay(TimeSpan delay) => async (_, forward, clientGone) =>
    {
        await Task.Delay(delay, TimeProvider.System, clientGone);
        return await forward();
    };

    /// <summary>The answer, changed.</summary>
    public static FaultStep Rewrite(Func<ProxiedAnswer, ProxiedAnswer> rewrite) => async (_, forward, _) => rewrite(await forward());

    /// <summary>Retry-After as a date.</summary>
    public static string HttpDate(DateTimeOffset at) => at.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture);
}
