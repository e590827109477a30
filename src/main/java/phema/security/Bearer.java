package phema.security;

import java.util.ArrayList;
import java.util.List;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import phema.security.SecurityProperties.Token;

/** Identifies one who presented a token. Never holds the token itself, since sessions keep it. */
final class Bearer extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1L;

    private final String name;

    Bearer(Token token) {
        super(authorities(token.role()));
        this.name = token.name();
        setAuthenticated(true);
    }

    /** Whoever may write may read. */
    private static List<GrantedAuthority> authorities(Role role) {
        List<GrantedAuthority> authorities = new ArrayList<>();
        for (Role granted : Role.values())
            if (granted.compareTo(role) <= 0) authorities.add(new SimpleGrantedAuthority(granted.name()));
        return authorities;
    }

    @Override
    public Object getPrincipal() {
        return name;
    }

    @Override
    public Object getCredentials() {
        return "";
    }
}
