using System.Security.Claims;
using System.Text;
using CalendarSync.Core.Model;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Tokens;

namespace CalendarSync.Api.Authentication;

/// <summary>Who calls: a user of Rowan, by the access token that Supabase gave them.</summary>
/// <remarks>https://supabase.com/docs/guides/auth/jwt-fields. <c>user_metadata</c> is the user's own to edit and is never read.</remarks>
internal static class UserAuthentication
{
    public const string Audience = "authenticated";
    public const string UserRole = "authenticated";

    public static IServiceCollection AddUserAuthentication(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var supabase = SupabaseOptions.From(configuration);
        if (!supabase.IsConfigured && !environment.IsDevelopment())
        {
            throw new InvalidOperationException(
                "Nobody could sign in: set SUPABASE_URL (ES256/RS256 by its key set) or SUPABASE_JWT_SECRET (HS256), or both. " +
                "Only the Development environment has an issuer of its own.");
        }

        services.AddOptions<SupabaseOptions>()
            .Configure(options => (options.JwtSecret, options.Url) = (supabase.JwtSecret, supabase.Url))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        if (DevelopmentTokens.AreEnabled(configuration, environment))
        {
            services.AddSingleton<DevelopmentTokens>();
        }

        // Authentication brings data protection along, for cookies. There are none here, so no key is written to the disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<IServiceProvider>((options, provider) => Configure(options, supabase, provider));
        services.AddHttpClient(nameof(SupabaseKeys), client => client.Timeout = TimeSpan.FromSeconds(10));
        services.AddAuthorization();
        return services;
    }

    /// <summary>The user of an authorised request.</summary>
    public static UserId UserId(this ClaimsPrincipal user) => new(Guid.Parse(user.FindFirstValue("sub")!));

    private static void Configure(JwtBearerOptions options, SupabaseOptions supabase, IServiceProvider provider)
    {
        var time = provider.GetService<TimeProvider>() ?? TimeProvider.System;
        var development = provider.GetService<DevelopmentTokens>();
        options.MapInboundClaims = false;
        options.IncludeErrorDetails = false;
        options.TimeProvider = time;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudience = Audience,
            ValidIssuer = development is null ? supabase.Issuer : DevelopmentTokens.Issuer,
            ValidateIssuer = development is not null || supabase.Issuer is not null,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            NameClaimType = "sub",
            RoleClaimType = "role",
            ValidAlgorithms = [.. Algorithms(supabase, development)],
            IssuerSigningKeys = SymmetricKeys(supabase, development),
        };
        if (supabase.Issuer is { } issuer)
        {
            var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient(nameof(SupabaseKeys));
            options.ConfigurationManager = SupabaseKeys.Manager(issuer, client);
        }

        options.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                // anon and service_role tokens carry a good signature too: they are not people.
                var user = context.Principal!;
                if (user.FindFirstValue("role") != UserRole || !Guid.TryParse(user.FindFirstValue("sub"), out _))
                {
                    context.Fail("Not a token of a user.");
                }

                return Task.CompletedTask;
            },
        };
    }

    /// <summary>Pinned, so that a token cannot choose: with a key set alone, HS256 is refused, and "none" always.</summary>
    private static IEnumerable<string> Algorithms(SupabaseOptions supabase, DevelopmentTokens? development)
    {
        if (development is not null || !string.IsNullOrEmpty(supabase.JwtSecret))
        {
            yield return SecurityAlgorithms.HmacSha256;
        }

        if (supabase.Issuer is not null)
        {
            yield return SecurityAlgorithms.EcdsaSha256;
            yield return SecurityAlgorithms.RsaSha256;
        }
    }

    private static IEnumerable<SecurityKey> SymmetricKeys(SupabaseOptions supabase, DevelopmentTokens? development)
    {
        if (development is not null)
        {
            yield return development.Key;
        }

        if (!string.IsNullOrEmpty(supabase.JwtSecret))
        {
            yield return new SymmetricSecurityKey(Encoding.UTF8.GetBytes(supabase.JwtSecret));
        }
    }
}
