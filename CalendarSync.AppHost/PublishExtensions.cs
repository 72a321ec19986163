using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace CalendarSync.AppHost;

internal static class PublishExtensions
{
    private const int ContainerPort = 8080;

    /// <summary>Says to Compose and Kubernetes what they do not take from the model: replicas and health.</summary>
    public static IResourceBuilder<ProjectResource> PublishAsHost(this IResourceBuilder<ProjectResource> host, int replicas)
    {
        var builder = host.ApplicationBuilder;
        if (builder.ExecutionContext.IsRunMode)
        {
            return host;
        }

        // Compose ignores WithReplicas and health checks. The images have bash but neither curl nor wget.
        host.PublishAsDockerComposeService((_, service) =>
        {
            service.Deploy = new Deploy { Replicas = replicas };
            service.Healthcheck = new Healthcheck
            {
                Test =
                [
                    "CMD", "bash", "-c",
                    $"exec 3<>/dev/tcp/127.0.0.1/{ContainerPort} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3",
                ],
                Interval = "10s",
                Timeout = "5s",
                Retries = 5,
                StartPeriod = "30s",
            };
        });

        // Kubernetes takes probes from nowhere else, and its schema knows the scheme in capitals only.
#pragma warning disable ASPIREPROBES001 // Experimental, and the only way to a probe.
        host.WithHttpProbe(ProbeType.Readiness, "/health", endpointName: "http")
            .WithHttpProbe(ProbeType.Liveness, "/alive", endpointName: "http");
#pragma warning restore ASPIREPROBES001
        return host.PublishAsKubernetesService(service =>
        {
            var probes = service.Workload?.PodTemplate.Spec.Containers.SelectMany(container => new[] { container.ReadinessProbe, container.LivenessProbe });
            foreach (var request in probes?.Select(probe => probe?.HttpGet) ?? [])
            {
                if (request is not null)
                {
                    request.Scheme = "HTTP";
                }
            }
        });
    }

    /// <summary>A published system has real users: it needs to know who signs their tokens, and where their browsers live.</summary>
    public static void PublishWithUsers(this IResourceBuilder<ProjectResource> api)
    {
        var builder = api.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode)
        {
            api.WithEnvironment("SUPABASE_JWT_SECRET", builder.AddParameter("supabase-jwt-secret", secret: true))
                .WithEnvironment("APP_URL", builder.AddParameter("app-url"));
        }
    }
}
