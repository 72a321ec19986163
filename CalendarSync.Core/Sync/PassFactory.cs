using CalendarSync.Core.Model;
using CalendarSync.Core.Persistence;
using CalendarSync.Core.Providers;
using CalendarSync.Core.Vault;

namespace CalendarSync.Core.Sync;

/// <summary>Makes passes: the lease, the provider that it is for, and the account there with its secrets at hand.</summary>
internal sealed class PassFactory(IEnumerable<ICalendarProvider> providers, TokenVault vault)
{
    private readonly Dictionary<CalendarProvider, ICalendarProvider> _providers = providers.ToDictionary(p => p.Provider);

    /// <exception cref="ProviderException">This installation does not have that provider.</exception>
    public SyncPass Open(SyncLease lease)
    {
        var provider = _providers.GetValueOrDefault(lease.Provider)
            ?? throw new ProviderException(ProviderFault.Permanent, "provider_not_available", "This kind of calendar cannot be synced by this installation.");
        var account = new ProviderAccount
        {
            ConnectionId = lease.ConnectionId,
            SpaceId = lease.SpaceId,
            AccountId = lease.AccountId,
            ServerUrl = lease.ServerUrl,
            ReadSecretAsync = (kind, token) => vault.ReadAsync(lease.ConnectionId, kind, token),
        };
        return new SyncPass(lease, provider, account);
    }
}
