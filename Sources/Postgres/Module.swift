/// The libpq wrapper and one store per capability.
public enum PostgresModule {}
