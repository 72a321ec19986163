using CalendarSync.Api.Authentication;
using CalendarSync.Api.OpenApi;
using CalendarSync.Core.Model;
using FastEndpoints;
using FluentValidation;
using Npgsql;

namespace CalendarSync.Api.Features.Development.Token;

internal sealed record Request
{
    /// <summary>Of the demo family, or any other.</summary>
    public string? Email { get; init; }
}

internal sealed record Response(string AccessToken, Person User, IReadOnlyList<PersonalSpace> Spaces);

internal sealed class Validator : Validator<Request>
{
    public Validator() => RuleFor(r => r.Email).Must(DevelopmentStore.IsEmail).WithMessage("Enter an e-mail address.");
}

internal sealed class Endpoint(NpgsqlDataSource dataSource) : Endpoint<Request, Response>
{
    public override void Configure()
    {
        Post("/dev/token");
        AllowAnonymous();
        Definition.TakesJson();
        Definition.Describe(
            "Development",
            "Sign in as anybody",
            "An unknown address gets a user with a space of their own. Development only.",
            new(400, "validation_error"), new(503, "demo_not_seeded"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var person = (await DevelopmentStore.CallAsync<PersonWithSpaces>(
            dataSource, "select calendar_dev.sign_in(@email)::text", new { email = req.Email }, ct))!;
        var token = Resolve<DevelopmentTokens>().IssueToken(new UserId(person.User.Id), person.User.Email);
        return new Response(token, person.User, person.Spaces);
    }
}
