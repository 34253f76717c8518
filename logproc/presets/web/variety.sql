-- title: How many different
SELECT approx_count_distinct(path) FILTER (WHERE NOT is_static(path)) AS paths,
       approx_count_distinct(path) FILTER (WHERE is_static(path)) AS static_files,
       approx_count_distinct(path) FILTER (WHERE status = 404) AS paths_not_found,
       approx_count_distinct(referrer) AS referrers, approx_count_distinct(user_agent) AS agents
FROM web
HAVING count(*) > 0
