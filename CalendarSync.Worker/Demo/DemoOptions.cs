using System.ComponentModel.DataAnnotations;

namespace CalendarSync.Worker.Demo;

/// <summary>Section <c>Demo</c>: the calendar server that plays Apple. Without <see cref="CalDavUrl"/> no calendar is filled.</summary>
internal sealed class DemoOptions : IValidatableObject
{
    /// <summary>Root of the server; the account's calendars lie at <c>{url}/{user}/</c>, as Radicale arranges them.</summary>
    public Uri? CalDavUrl { get; set; }

    /// <summary>The account.</summary>
    public string CalDavUser { get; set; } = DemoFamily.Amara.Email;

    /// <summary>Its password.</summary>
    public string? CalDavPassword { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CalDavUrl is not null && string.IsNullOrEmpty(CalDavPassword))
        {
            yield return new ValidationResult("Demo:CalDavPassword is needed where Demo:CalDavUrl is set.", [nameof(CalDavPassword)]);
        }

        if (CalDavUrl is { IsAbsoluteUri: false })
        {
            yield return new ValidationResult("Demo:CalDavUrl must be an absolute address.", [nameof(CalDavUrl)]);
        }
    }
}
