using System.Security.Cryptography;
using System.Text;
using CalendarSync.Api.Authentication;
using CalendarSync.Core.Model;
using FastEndpoints;

namespace CalendarSync.Api.Limits;

/// <summary>Marks an endpoint that honours the header.</summary>
internal sealed record IdempotentMetadata;

/// <summary>The client's own name for one attempt to create something.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    public const int MaxLength = 200;

    public static void Idempotent(this EndpointDefinition endpoint) =>
        endpoint.Options(builder => builder.WithMetadata(new IdempotentMetadata()));

    public static string? Read(HttpRequest request) => request.Headers[Header] is [{ Length: > 0 } key] ? key : null;

    /// <summary>Where a key counts: two users, or two endpoints, may use the same one.</summary>
    public static string Scope(HttpContext context) => $"{context.User.UserId().Value:D} {context.Request.Method} {context.Request.Path}";

    /// <summary>The id of what the request creates: the same for every repeat. <c>null</c> without a key.</summary>
    public static Guid? DerivedId(HttpContext context) =>
        Read(context.Request) is { } key ? Derive(context.User.UserId(), key) : null;

    /// <summary>A UUID of version 8 made from SHA-256, as RFC 9562, appendix B.2 shows it.</summary>
    internal static Guid Derive(UserId user, string key)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"calendarsync:event:{user.Value:D}:{key}")).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>
    /// A digest of the body, keyed by the client's key: that is stored as a hash only, so what Redis holds tells nothing about a password.
    /// </summary>
    public static string BodyHash(string key, ReadOnlySpan<byte> body) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), body));
}
