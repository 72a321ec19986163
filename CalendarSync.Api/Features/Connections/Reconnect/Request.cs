using System.ComponentModel.DataAnnotations;
using CalendarSync.Api.Features.Connections.ConnectApple;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.Reconnect;

/// <summary>New credentials of the account that is connected.</summary>
internal sealed record Request
{
    /// <summary>iCloud: in the form xxxx-xxxx-xxxx-xxxx. Other servers: the password.</summary>
    [Required]
    public string? AppSpecificPassword { get; init; }

    /// <summary>The account; the one that is connected where it is absent.</summary>
    public string? Email { get; init; }

    /// <summary>Where the server has moved to.</summary>
    public string? ServerUrl { get; init; }

    /// <summary>Never the values: this type may end in a log by accident.</summary>
    public override string ToString() => nameof(Request);
}

/// <summary>Called by the endpoint, as that of a connect is. The server of the connection is known by then.</summary>
internal sealed class RequestValidator : AbstractValidator<Request>
{
    public RequestValidator(AppleServer server, string? connectedTo)
    {
        RuleFor(r => r.ServerUrl).ServerUrl(server);
        RuleFor(r => r.AppSpecificPassword).AppPassword(r => server.IsICloud(r.ServerUrl ?? connectedTo));
    }
}
