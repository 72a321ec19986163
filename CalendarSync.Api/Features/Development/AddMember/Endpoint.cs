using CalendarSync.Api.Errors;
using CalendarSync.Api.OpenApi;
using FastEndpoints;
using FluentValidation;
using Npgsql;

namespace CalendarSync.Api.Features.Development.AddMember;

internal sealed record Request
{
    /// <summary>Of the demo family, or any other; an unknown address gets a user.</summary>
    public string? Email { get; init; }

    /// <summary>owner, admin or member.</summary>
    public string? Role { get; init; }
}

internal sealed record Response(bool Success, Person User, IReadOnlyList<PersonalSpace> Spaces);

internal sealed class Validator : Validator<Request>
{
    public Validator()
    {
        RuleFor(r => r.Email).Must(DevelopmentStore.IsEmail).WithMessage("Enter an e-mail address.");
        RuleFor(r => r.Role).Must(role => role is "owner" or "admin" or "member").WithMessage("The role is owner, admin or member.");
    }
}

internal sealed class Endpoint(NpgsqlDataSource dataSource) : Endpoint<Request, Response>
{
    private static readonly Problem SpaceNotFound = new(404, "not_found", "Space not found.");

    public override void Configure()
    {
        Post("/dev/spaces/{id:guid}/members");
        AllowAnonymous();
        Definition.TakesJson();
        Definition.Describe(
            "Development",
            "Add a member to a space",
            "For trying out sharing; who is a member already gets the new role. Development only.",
            new(400, "validation_error"), new(404, "not_found"), new(503, "demo_not_seeded"));
    }

    public override async Task<Response> ExecuteAsync(Request req, CancellationToken ct)
    {
        var person = await DevelopmentStore.CallAsync<PersonWithSpaces>(
            dataSource,
            "select calendar_dev.add_member(@space, @email, @role)::text",
            new { space = Route<Guid>("id"), email = req.Email, role = req.Role },
            ct);
        return person is null ? throw new ProblemException(SpaceNotFound) : new Response(true, person.User, person.Spaces);
    }
}
