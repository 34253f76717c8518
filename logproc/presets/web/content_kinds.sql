-- title: Kinds of media, as logged
-- where logged: mean_duration, max_duration, total_duration
SELECT split_part(lower(content_type), '/', 1) AS kind, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
WHERE content_type IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
