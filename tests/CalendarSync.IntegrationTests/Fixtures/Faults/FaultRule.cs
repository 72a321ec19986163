namespace CalendarSync.IntegrationTests.Fixtures.Faults;

/// <summary>Which requests a fault meets, and how many of them. Safe to be asked by requests at the same time.</summary>
public sealed class FaultRule(Func<ProxiedRequest, bool> matches)
{
    private readonly Lock _lock = new();
    private FaultStep? _fault;
    private int _skip;
    private int _left = int.MaxValue;

    /// <summary>Requests that the fault has met.</summary>
    public int Hits { get; private set; }

    /// <summary>Passes the first matching requests on.</summary>
    public FaultRule Skip(int count)
    {
        _skip = count;
        return this;
    }

    /// <summary>Ends after so many.</summary>
    public FaultRule Times(int count)
    {
        _left = count;
        return this;
    }

    /// <summary>Ends after one.</summary>
    public FaultRule Once() => Times(1);

    /// <summary>Says what happens to them, and puts the rule into force.</summary>
    public FaultRule Do(FaultStep fault)
    {
        lock (_lock)
        {
            _fault = fault;
        }

        return this;
    }

    /// <summary>The fault for a request; <c>null</c> when it is not for this rule.</summary>
    internal FaultStep? Take(ProxiedRequest request)
    {
        lock (_lock)
        {
            if (_fault is null || _left == 0 || !matches(request) || _skip-- > 0)
            {
                return null;
            }

            _skip = 0;
            _left--;
            Hits++;
            return _fault;
        }
    }
}
