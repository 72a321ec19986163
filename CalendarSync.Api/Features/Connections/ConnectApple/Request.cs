using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

internal sealed record Request
{
    /// <summary>The Apple account, or the user name at another CalDAV server.</summary>
    [Required]
    public string? Email { get; init; }

    /// <summary>iCloud: made at account.apple.com, in the form xxxx-xxxx-xxxx-xxxx. Other servers: the password.</summary>
    [Required]
    public string? AppSpecificPassword { get; init; }
    [Required]
    public Guid? SpaceId { get; init; }

    /// <summary>bidirectional, inbound_only or outbound_only.</summary>
    public string? SyncDirection { get; init; }

    /// <summary>Any CalDAV server; iCloud where it is absent.</summary>
    public string? ServerUrl { get; init; }

    /// <summary>Never the values: this type may end in a log by accident.</summary>
    public override string ToString() => nameof(Request);
}

/// <summary>Called by the endpoint, not by FastEndpoints: that resolves what validators need from a static, and the rules depend on this host's settings.</summary>
internal sealed partial class RequestValidator : AbstractValidator<Request>
{
    private static readonly string[] Directions = ["bidirectional", "inbound_only", "outbound_only"];

    public RequestValidator(AppleServer server)
    {
        RuleFor(r => r.SpaceId).NotNull().WithMessage("space_id is required.");
        RuleFor(r => r.SyncDirection)
            .Must(direction => direction is null || Directions.Contains(direction, StringComparer.Ordinal))
            .WithMessage($"Allowed are: {string.Join(", ", Directions)}.");
        RuleFor(r => r.ServerUrl).ServerUrl(server);

        // Another server knows its users by whatever name it likes; Apple knows them by e-mail.
        RuleFor(r => r.Email).Cascade(CascadeMode.Stop)
            .Must(email => !string.IsNullOrWhiteSpace(email)).WithMessage("email is required.")
            .Must(IsUserName!).WithMessage("This is not a valid e-mail address.")
            .Must(email => Email().IsMatch(email!.Trim())).When(r => string.IsNullOrWhiteSpace(r.ServerUrl) || server.IsICloud(r.ServerUrl), ApplyConditionTo.CurrentValidator)
            .WithMessage("This is not a valid e-mail address.");
        RuleFor(r => r.AppSpecificPassword).AppPassword(r => server.IsICloud(r.ServerUrl));
    }

    /// <summary>HTTP Basic joins name and password with a colon (RFC 7617, section 2), and neither may hold control characters.</summary>
    private static bool IsUserName(string email) => email.Trim().Length <= 254 && !email.Any(char.IsControl) && !email.Contains(':', StringComparison.Ordinal);

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    private static partial Regex Email();
}
