using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CalendarSync.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CalendarSync.IntegrationTests.Api;

/// <summary>Tokens as Supabase signs them, by its shared secret and by its key set, and tokens as others forge them.</summary>
public sealed class AuthenticationTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private const string Secret = "canary-shared-secret-of-supabase-0123456789-0123456789";

    private static readonly Guid User = Guid.NewGuid();

    private readonly ECDsaSecurityKey _ecKey = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "ec" };
    private readonly RsaSecurityKey _rsaKey = new(RSA.Create(2048)) { KeyId = "rsa" };
    private TestDatabase? _database;
    private WebApplication? _supabase;
    private int _keySetReads;

    private string SupabaseUrl => _supabase!.Urls.Single();

    private string Issuer => $"{SupabaseUrl}/auth/v1";

    public async ValueTask InitializeAsync()
    {
        await redis.StartAsync();
        _database = await postgres.CreateDatabaseAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _supabase = builder.Build();
        _supabase.Urls.Add("http://127.0.0.1:0");
        _supabase.MapGet("/auth/v1/.well-known/jwks.json", () =>
        {
            Interlocked.Increment(ref _keySetReads);
            return Results.Text(KeySet(), "application/json");
        });
        await _supabase.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _supabase!.DisposeAsync();
        await _database!.DisposeAsync();
        _ecKey.ECDsa.Dispose();
        _rsaKey.Rsa.Dispose();
    }

    [Fact]
    public async Task Tokens_by_the_shared_secret_and_by_either_kind_of_key_are_accepted()
    {
        await using var host = Host(secret: true, url: true);
        foreach (var key in new SecurityKey[] { SharedKey(), _ecKey, _rsaKey })
        {
            (await host.WithToken(Token(key)).GetAsync("/api/calendar/providers")).Ok();
        }

        Assert.Equal(1, _keySetReads);
    }

    [Fact]
    public async Task A_token_with_a_wrong_claim_or_signature_is_refused()
    {
        await using var host = Host(secret: true, url: true);
        var forged = new SymmetricSecurityKey(Encoding.UTF8.GetBytes("canary-another-secret-0123456789-0123456789"));
        var refused = new Dictionary<string, string>
        {
            ["no user"] = Token(SharedKey(), claims => claims.Remove("sub")),
            ["a user that is no uuid"] = Token(SharedKey(), claims => claims["sub"] = "amara"),
            ["anon"] = Token(SharedKey(), claims => claims["role"] = "anon"),
            ["service_role"] = Token(SharedKey(), claims => claims["role"] = "service_role"),
            ["no role"] = Token(SharedKey(), claims => claims.Remove("role")),
            ["another audience"] = Token(SharedKey(), claims => claims["aud"] = "anon"),
            ["another issuer"] = Token(SharedKey(), claims => claims["iss"] = "https://elsewhere.example/auth/v1"),
            ["expired"] = Token(SharedKey(), lifetime: TimeSpan.FromMinutes(-5)),
            ["another secret"] = Token(forged),
            ["an algorithm that is not pinned"] = Token(SharedKey(), algorithm: SecurityAlgorithms.HmacSha384),
            ["unsigned"] = Unsigned(),
            ["the public key used as a secret"] = Token(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(KeySet())) { KeyId = "ec" }),
            ["nonsense"] = "nonsense",
        };
        foreach (var (reason, token) in refused)
        {
            var answer = await host.WithToken(token).GetAsync("/api/calendar/providers");
            Assert.True(answer.Status == HttpStatusCode.Unauthorized, $"{reason}: {answer.Status}");
            answer.Problem(401, "unauthorized");
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        }
    }

    [Fact]
    public async Task With_a_key_set_alone_a_shared_secret_opens_nothing()
    {
        await using var host = Host(secret: false, url: true);
        (await host.WithToken(Token(SharedKey())).GetAsync("/api/calendar/providers")).Problem(401, "unauthorized");
        (await host.WithToken(Token(_ecKey)).GetAsync("/api/calendar/providers")).Ok();
    }

    [Fact]
    public async Task With_a_shared_secret_alone_any_issuer_may_have_signed()
    {
        await using var host = Host(secret: true, url: false);
        (await host.WithToken(Token(SharedKey())).GetAsync("/api/calendar/providers")).Ok();
        (await host.WithToken(Token(_ecKey)).GetAsync("/api/calendar/providers")).Problem(401, "unauthorized");
    }

    [Fact]
    public async Task While_the_key_set_cannot_be_read_the_shared_secret_still_works()
    {
        var gone = SupabaseUrl;
        await using var host = new ApiHost(_database!, redis.ConnectionString, new() { ["SUPABASE_JWT_SECRET"] = Secret, ["SUPABASE_URL"] = gone });
        host.StartServer();
        var token = Token(SharedKey());
        await _supabase!.StopAsync(TestContext.Current.CancellationToken);
        (await host.WithToken(token).GetAsync("/api/calendar/providers")).Ok();
        (await host.WithToken(Token(_ecKey, issuer: $"{gone}/auth/v1")).GetAsync("/api/calendar/providers")).Problem(401, "unauthorized");
    }

    [Fact]
    public async Task No_endpoint_but_the_probes_and_the_document_answers_without_a_token()
    {
        await using var host = Host(secret: true, url: false);
        foreach (var (method, path) in OpenApiTests.Routes.Select(route => (route.Data.Item1, route.Data.Item2)))
        {
            using var request = new HttpRequestMessage(
                new HttpMethod(method.ToUpperInvariant()),
                path.Replace("{provider}", "apple", StringComparison.Ordinal).Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
                    .Replace("{connectionId}", Guid.NewGuid().ToString(), StringComparison.Ordinal));
            if (method is "post" or "patch")
            {
                request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
            }

            using var response = await host.Anonymous().Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{method} {path}: {response.StatusCode}");
        }

        foreach (var open in new[] { "/health", "/alive", "/openapi/v1.json" })
        {
            Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().GetAsync(open)).Status);
        }
    }

    [Fact]
    public async Task Production_does_not_start_without_a_way_to_sign_in()
    {
        await using var host = new ApiHost(_database!, redis.ConnectionString, new() { ["environment"] = "Production" });
        var refusal = Assert.ThrowsAny<Exception>(host.StartServer);
        Assert.Contains("SUPABASE_URL", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SUPABASE_JWT_SECRET", "short")]
    [InlineData("SUPABASE_URL", "project.supabase.co")]
    public async Task A_setting_that_cannot_work_fails_the_start(string name, string value)
    {
        await using var host = new ApiHost(_database!, redis.ConnectionString, new() { [name] = value });
        var refusal = Assert.ThrowsAny<Exception>(host.StartServer);
        Assert.Contains(name, refusal.ToString(), StringComparison.Ordinal);
    }

    private ApiHost Host(bool secret, bool url)
    {
        var host = new ApiHost(_database!, redis.ConnectionString, new()
        {
            ["SUPABASE_JWT_SECRET"] = secret ? Secret : null,
            ["SUPABASE_URL"] = url ? SupabaseUrl + "/" : null,
        });
        host.StartServer();
        return host;
    }

    private string Token(
        SecurityKey key, Action<Dictionary<string, object>>? change = null, TimeSpan? lifetime = null, string? algorithm = null, string? issuer = null)
    {
        var claims = new Dictionary<string, object> { ["sub"] = User.ToString(), ["role"] = "authenticated", ["aud"] = "authenticated", ["iss"] = issuer ?? Issuer };
        change?.Invoke(claims);
        var expires = TimeProvider.System.GetUtcNow().UtcDateTime + (lifetime ?? TimeSpan.FromMinutes(5));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            IssuedAt = expires.AddHours(-1),
            NotBefore = expires.AddHours(-1),
            Expires = expires,
            SigningCredentials = new SigningCredentials(key, algorithm ?? key switch
            {
                ECDsaSecurityKey => SecurityAlgorithms.EcdsaSha256,
                RsaSecurityKey => SecurityAlgorithms.RsaSha256,
                _ => SecurityAlgorithms.HmacSha256,
            }),
        });
    }

    private static SymmetricSecurityKey SharedKey() => new(Encoding.UTF8.GetBytes(Secret));

    private string Unsigned()
    {
        var parts = Token(SharedKey()).Split('.');
        return $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.";
    }

    /// <summary>With a symmetric key in it, which no honest key set has.</summary>
    private string KeySet() => JsonSerializer.Serialize(new
    {
        keys = new object[]
        {
            Public(JsonWebKeyConverter.ConvertFromECDsaSecurityKey(_ecKey)),
            Public(JsonWebKeyConverter.ConvertFromRSASecurityKey(_rsaKey)),
            new { kty = "oct", kid = "oct", k = Base64UrlEncoder.Encode("canary-another-secret-0123456789-0123456789") },
        },
    });

    private static object Public(JsonWebKey key) => new { kty = key.Kty, kid = key.KeyId, use = "sig", crv = key.Crv, x = key.X, y = key.Y, n = key.N, e = key.E };
}
