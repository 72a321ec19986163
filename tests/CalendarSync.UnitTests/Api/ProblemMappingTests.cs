using CalendarSync.Api.Errors;
using Npgsql;
using StackExchange.Redis;

namespace CalendarSync.UnitTests.Api;

public sealed class ProblemMappingTests
{
    public static TheoryData<Exception, int, string> Faults => new()
    {
        { Postgres("42501"), 403, "access_denied" },
        { Postgres("23505"), 409, "already_exists" },
        { Postgres("23503"), 409, "conflict" },
        { Postgres("23514"), 400, "validation_error" },
        { Postgres("22021"), 400, "validation_error" },
        { Postgres("40001"), 503, "service_unavailable" },
        { Postgres("40P01"), 503, "service_unavailable" },
        { Postgres("53300"), 503, "service_unavailable" },
        { Postgres("57P01"), 503, "service_unavailable" },
        { Postgres("55000"), 400, "connection_disconnected" },
        { Postgres("42883"), 500, "internal_error" },
        { new NpgsqlException("Failed to connect to secret-host"), 503, "service_unavailable" },
        { new TimeoutException(), 503, "service_unavailable" },
        { new RedisConnectionException(ConnectionFailureType.UnableToConnect, "secret-host"), 503, "service_unavailable" },
        { new InvalidOperationException("secret internals"), 500, "internal_error" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_has_one_answer_and_tells_nothing_of_the_inside(Exception fault, int status, string code)
    {
        var problem = ProblemMapping.Map(fault);
        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.DoesNotContain("secret", problem.Error, StringComparison.Ordinal);
        Assert.Equal(status == 503, problem.RetryAfter is not null);
    }

    private static PostgresException Postgres(string state) => new("secret statement", "ERROR", "ERROR", state);
}
