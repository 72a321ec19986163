using System.Text.Json;
using CalendarSync.Api.Errors;
using CalendarSync.Api.Features.Connections.ConnectApple;
using CalendarSync.Api.Features.Connections.Progress;
using CalendarSync.Api.Features.Development;
using CalendarSync.Api.Features.Syncing;
using CalendarSync.Api.Json;
using FastEndpoints;
using FluentValidation.Results;
using NodaTime;

namespace CalendarSync.Api.Features;

/// <summary>The slices below this folder, and how all of them read and answer.</summary>
internal static class FeaturesSetup
{
    private static readonly Lock Turn = new();

    public static IServiceCollection AddFeatures(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<AppleServer>();
        services.AddSingleton<AppleLogin>();
        services.AddSingleton<RequestValidator>();
        services.AddSingleton<ProgressStream>();
        services.AddSingleton<SyncCompletions>();
        services.AddHostedService(provider => provider.GetRequiredService<SyncCompletions>());
        return services.AddFastEndpoints(options =>
        {
            options.DisableAutoDiscovery = true;
            options.Assemblies = [typeof(FeaturesSetup).Assembly];
            options.Filter = type => DevelopmentFeatures.Allows(type, configuration, environment);
        });
    }

    /// <remarks>FastEndpoints is configured in statics: two hosts of one process, as tests start them, take turns.</remarks>
    public static void MapFeatures(this IApplicationBuilder app)
    {
        lock (Turn)
        {
            app.UseFastEndpoints(Configure);
        }
    }

    /// <exception cref="ProblemException">The request is not valid.</exception>
    public static void Require(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new ProblemException(Problem(result.Errors));
        }
    }

    private static void Configure(Config config)
    {
        ApiJson.Configure(config.Serializer.Options);
        config.Serializer.CharacterEncoding = "utf-8";
        config.Binding.UsePropertyNamingPolicy = true;
        config.Binding.JsonExceptionTransformer = Failure;
        config.Binding.FailureMessage = (type, _, _) => WrongType(type);
        config.Binding.ValueParserFor<Instant>(text => new(InstantConverter.Parse(text) is { } value, InstantConverter.Parse(text)));
        config.Binding.ValueParserFor<LocalDate>(text => new(LocalDateConverter.Parse(text) is { } value, LocalDateConverter.Parse(text)));
        config.Errors.ContentType = ProblemWriter.ContentType;
        config.Errors.ProducesMetadataType = null;
        config.Errors.ResponseBuilder = (failures, context, _) => ProblemWriter.ToJson(Problem(failures), context);
        config.Endpoints.ShortNames = false;
    }

    private static Problem Problem(IEnumerable<ValidationFailure> failures) => Problems.Validation([.. failures.Select(ToFieldError)]);

    /// <summary>The text of a <see cref="JsonException"/> names our types, so only the path is taken from it.</summary>
    private static ValidationFailure Failure(JsonException fault)
    {
        // Where the reader itself gave up there is an inner JsonException of its own: the body is not JSON at all.
        var isMalformed = fault.InnerException is JsonException;
        var path = fault.Path?.TrimStart('$', '.') ?? "";
        return new ValidationFailure(isMalformed ? "" : path, isMalformed ? "The body is not valid JSON." : "This value has the wrong type or form.");
    }

    private static FieldError ToFieldError(ValidationFailure failure) =>
        new(failure.PropertyName is { Length: > 0 } name ? name.Split('.') : [], failure.ErrorMessage);

    private static string WrongType(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(Guid) => "This is not a UUID.",
        var t when t == typeof(Instant) => "Write a time as RFC 3339, such as 2026-03-10T14:00:00Z.",
        var t when t == typeof(LocalDate) => "Write a date as 2026-03-10.",
        var t when t == typeof(bool) => "Write true or false.",
        var t when t == typeof(int) => "This is not a whole number.",
        _ => "This value is not valid.",
    };
}
