using System.Data;
using CalendarSync.Core.Model;
using Dapper;
using NodaTime;

namespace CalendarSync.Core.Persistence;

/// <summary>Teaches Dapper the types that our rows and parameters are made of. SQL enums cross as text: cast them in the statement.</summary>
internal static class DapperTypes
{
    public static void Register()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new PassThrough<Instant>());
        SqlMapper.AddTypeHandler(new PassThrough<LocalDate>());
        SqlMapper.AddTypeHandler(new PassThrough<Duration>());
        SqlMapper.AddTypeHandler(new IdHandler<ConnectionId>(id => id.Value, value => new(value)));
        SqlMapper.AddTypeHandler(new IdHandler<RowanEventId>(id => id.Value, value => new(value)));
        SqlMapper.AddTypeHandler(new IdHandler<SpaceId>(id => id.Value, value => new(value)));
        SqlMapper.AddTypeHandler(new IdHandler<UserId>(id => id.Value, value => new(value)));
    }

    /// <summary>Npgsql's NodaTime plugin reads and writes these itself; Dapper only has to let them through.</summary>
    private sealed class PassThrough<T> : SqlMapper.TypeHandler<T>
    {
        public override void SetValue(IDbDataParameter parameter, T? value) => parameter.Value = value is null ? DBNull.Value : value;

        public override T Parse(object value) => (T)value;
    }

    private sealed class IdHandler<T>(Func<T, Guid> unwrap, Func<Guid, T> wrap) : SqlMapper.TypeHandler<T>
        where T : struct
    {
        public override void SetValue(IDbDataParameter parameter, T value) => parameter.Value = unwrap(value);

        public override T Parse(object value) => wrap((Guid)value);
    }
}
