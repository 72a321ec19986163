using System.Text.RegularExpressions;
using FluentValidation;

namespace CalendarSync.Api.Features.Connections.ConnectApple;

/// <summary>What credentials look like, wherever a person types them.</summary>
internal static partial class CredentialRules
{
    public static void ServerUrl<T>(this IRuleBuilderInitial<T, string?> rule, AppleServer server) => rule
        .Must(url => string.IsNullOrWhiteSpace(url) || server.Problem(url) is null)
        .WithMessage((_, url) => server.Problem(url!)!);

    public static void AppPassword<T>(this IRuleBuilderInitial<T, string?> rule, Func<T, bool> isICloud) => rule
        .Cascade(CascadeMode.Stop)
        .Must(password => !string.IsNullOrEmpty(password)).WithMessage("app_specific_password is required.")
        .Must(password => password!.Length <= 1000 && !password.Any(char.IsControl)).WithMessage("This is not a valid password.")
        .Must(password => ApplesForm().IsMatch(password!.Trim())).When(isICloud, ApplyConditionTo.CurrentValidator)
        .WithMessage("An app-specific password looks like xxxx-xxxx-xxxx-xxxx. Make one at account.apple.com, not your Apple password.");

    [GeneratedRegex("^[A-Za-z]{4}(-[A-Za-z]{4}){3}$")]
    private static partial Regex ApplesForm();
}
