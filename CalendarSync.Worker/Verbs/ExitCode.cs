namespace CalendarSync.Worker.Verbs;

/// <summary>How a verb ended, for whoever started the process (sysexits.h where it has a name for it).</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 64;

    /// <summary>128 + SIGTERM, as shells say it.</summary>
    public const int Stopped = 143;
}
