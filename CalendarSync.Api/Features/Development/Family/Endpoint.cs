using CalendarSync.Api.OpenApi;
using FastEndpoints;
using Npgsql;

namespace CalendarSync.Api.Features.Development.Family;

internal sealed record Member(Guid UserId, string Email, string Role);

internal sealed record Space(Guid Id, string Name, IReadOnlyList<Member> Members);

internal sealed record Response(IReadOnlyList<Person> Users, IReadOnlyList<Space> Spaces)
{
    /// <summary>The calendar server that plays Apple, where one was started.</summary>
    public Uri? CaldavUrl { get; init; }
}

internal sealed class Endpoint(NpgsqlDataSource dataSource, IConfiguration configuration) : EndpointWithoutRequest<Response>
{
    public override void Configure()
    {
        Get("/dev/family");
        AllowAnonymous();
        Definition.Describe("Development", "The demo family", "Its users and spaces, to sign in and try things out with. Development only.", new ApiError(503, "demo_not_seeded"));
    }

    public override async Task<Response> ExecuteAsync(CancellationToken ct) =>
        (await DevelopmentStore.CallAsync<Response>(dataSource, "select calendar_dev.family()::text", null, ct))! with
        {
            CaldavUrl = configuration.GetValue<Uri?>("Apple:ServerUrl"),
        };
}
