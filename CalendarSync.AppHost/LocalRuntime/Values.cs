using System.Globalization;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that is known only once ports are given out and secrets are read.</summary>
public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

public sealed class ParameterResource(string name, Func<string> value, bool secret) : Resource(name), IValueProvider
{
    private readonly Lazy<string> _value = new(value);

    public bool Secret { get; } = secret;

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(_value.Value);
}

public enum EndpointProperty
{
    Url,
    Host,
    Port,
    Scheme,
}

/// <summary>An endpoint of a resource; of several replicas it names the first.</summary>
public sealed class EndpointReference(IResource owner, string endpointName) : IValueProvider
{
    public IResource Resource { get; } = owner;

    public string EndpointName { get; } = endpointName;

    public int Port => Endpoint.Ports is [var first, ..]
        ? first
        : throw new InvalidOperationException($"The endpoint '{EndpointName}' of '{Resource.Name}' has no port before the application starts.");

    public string Host => Endpoint.Host;

    public string Scheme => Endpoint.Scheme;

    public string Url => $"{Scheme}://{Host}:{Port.ToString(CultureInfo.InvariantCulture)}";

    private Local.Endpoint Endpoint => ((Resource)Resource).Spec.Endpoints.Find(endpoint => endpoint.Name == EndpointName)
        ?? throw new InvalidOperationException($"'{Resource.Name}' has no endpoint '{EndpointName}'.");

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(Url);
}

public sealed class EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property) : IValueProvider
{
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(property switch
    {
        EndpointProperty.Host => endpoint.Host,
        EndpointProperty.Port => endpoint.Port.ToString(CultureInfo.InvariantCulture),
        EndpointProperty.Scheme => endpoint.Scheme,
        _ => endpoint.Url,
    });
}

/// <summary>A string with holes for values that are not known yet.</summary>
public sealed class ReferenceExpression : IValueProvider
{
    private readonly IReadOnlyList<object?> _parts;

    private ReferenceExpression(IReadOnlyList<object?> parts) => _parts = parts;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var values = new List<string?>(_parts.Count);
        foreach (var part in _parts)
        {
            values.Add(part is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : part as string);
        }

        return string.Concat(values);
    }

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) =>
            Parts = new List<object?>((2 * formattedCount) + Math.Min(literalLength, 1));

        internal List<object?> Parts { get; }

        public void AppendLiteral(string value) => Parts.Add(value);

        public void AppendFormatted(string? value) => Parts.Add(value);

        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider => Parts.Add(valueProvider);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider => Parts.Add(valueProvider.Resource);
    }
}
